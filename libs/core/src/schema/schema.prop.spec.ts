import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Json, JsonObject } from '@fermata/contracts';
import fc from 'fast-check';
import { ContractCompiler } from '../handoff/contract';
import { Meter } from '../meter';
import { contracts, values } from './schema.fixture';

const ajv = new Ajv2020({ strict: false, logger: false });
addFormats.default(ajv);

/** What another checker says; undefined when it can't tell. */
function verdictOfAjv(schema: JsonObject, value: Json): boolean | undefined {
  try {
    return ajv.validate(schema, value);
  } catch {
    return undefined;
  }
}

/** Where that checker is known to differ from the standard. */
function isDisputed(schema: JsonObject): boolean {
  return /\$dynamicRef|unevaluated|"contains"/.test(JSON.stringify(schema));
}

describe('any schema', () => {
  it('gives the verdict of another checker', () => {
    let agreed = 0;
    fc.assert(
      fc.property(contracts, fc.array(values, { minLength: 1, maxLength: 4 }), (schema, all) => {
        fc.pre(!isDisputed(schema));
        const compiled = new ContractCompiler().compile(schema);
        if (!compiled.ok) return;
        for (const value of all) {
          const verdict = verdictOfAjv(schema, value);
          if (verdict === undefined) continue;
          expect([schema, value, compiled.contract(value) === null]).toEqual([
            schema,
            value,
            verdict,
          ]);
          agreed += 1;
        }
      }),
      { numRuns: 200 },
    );
    expect(agreed).toBeGreaterThan(50);
  });

  it('ends within the steps there are, with the same count each time', () => {
    fc.assert(
      fc.property(contracts, values, (schema, value) => {
        const compiled = new ContractCompiler().compile(schema);
        if (!compiled.ok) return;
        const [first, second] = [new Meter(2_000), new Meter(2_000)];
        expect(compiled.contract(value, first)).toBe(compiled.contract(value, second));
        expect(first.spent).toBe(second.spent);
        if (!first.isOut) expect(first.spent).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });
});
