import type { Json, JsonObject } from '@fermata/contracts';
import fc from 'fast-check';
import { whyIncompatible } from './compatible';
import { ContractCompiler, type Contract } from './contract';
import { schemas, VALUES } from './schemas.fixture';

function contractOf(schema: JsonObject): Contract {
  const compiled = new ContractCompiler().compile(schema);
  return compiled.ok ? compiled.contract : () => 'no schema';
}

const meets = (schema: JsonObject) => {
  const contract = contractOf(schema);
  return (value: Json) => contract(value) === null;
};

describe('whoever says that a consumer refuses what a producer gives', () => {
  it('has a value that shows it', () => {
    fc.assert(
      fc.property(schemas(), schemas(), (producer, consumer) => {
        const why = whyIncompatible(producer, consumer);
        if (why === null) return;
        const [given, taken] = [meets(producer), meets(consumer)];
        const produced = VALUES.filter(given);
        // Of what a producer gives none of these are a sample.
        if (produced.length === 0) return;
        const shown = produced.some((value) => !taken(value));
        expect({ why, shown }).toEqual({ why, shown: true });
      }),
      { numRuns: 200 },
    );
  });

  it('never says it of a schema and itself, or of one that takes more', () => {
    fc.assert(
      fc.property(schemas(), schemas(), (one, { $defs: _, ...other }) => {
        const { $defs, ...own } = one;
        const defs = $defs ?? {};
        expect(whyIncompatible(one, one)).toBeNull();
        expect(whyIncompatible(one, { anyOf: [own, other], $defs: defs })).toBeNull();
        expect(whyIncompatible({ allOf: [own, other], $defs: defs }, one)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });
});
