import type { Json, JsonObject } from '@fermata/contracts';
import fc from 'fast-check';
import { ContractCompiler } from '../handoff/contract';
import { isObject } from '../handoff/json-object';
import { schemas, VALUES } from '../handoff/schemas.fixture';
import { checkingEnvironment } from './environment';
import { typeOfSchema } from './types';

/** Paths of all fields in a value. */
function pathsIn(value: Json, path = 'input'): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, `${path}[0]`));
  if (!isObject(value)) return [path];
  const inner = Object.entries(value).flatMap(([name, one]) => pathsIn(one, `${path}.${name}`));
  return [path, ...inner];
}

function refusals(schema: JsonObject): (source: string) => string | null {
  const environment = checkingEnvironment({ input: typeOfSchema(schema) });
  return (source) => {
    const checked = environment.check(source);
    return checked.valid ? null : (checked.error?.summary ?? 'refused');
  };
}

/** Whether a schema names all fields on a path: others are refused as a misspelling. */
const isNamed = (schema: JsonObject, path: string) => {
  const text = textOf(schema, ['x', 'y']);
  return path.split(/[.[\]0]+/).every((name) => name === 'input' || text.includes(`"${name}"`));
};

/** Values of all shapes: which scalar stands beside which matters little here. */
const SOME = VALUES.filter((_, at) => at < 400 || at % 13 === 0);

/** A schema with what it refers to, and nothing else. */
function textOf({ $defs, ...own }: JsonObject, names: readonly string[]): string {
  let text = JSON.stringify(own);
  for (const name of names) {
    const defined = isObject($defs) ? $defs[name] : undefined;
    if (text.includes(`#/$defs/${name}`)) text += JSON.stringify(defined);
  }
  return text;
}

describe('an expression that reads a field which some valid value has', () => {
  it('is never refused for the shape of its schema', () => {
    fc.assert(
      fc.property(schemas(), (schema) => {
        const compiled = new ContractCompiler().compile(schema);
        if (!compiled.ok) return;
        const valid = SOME.filter((value) => compiled.contract(value) === null);
        const paths = new Set(valid.flatMap((value) => pathsIn(value)));
        const refusal = refusals(schema);
        for (const path of paths) {
          if (isNamed(schema, path)) expect([path, refusal(path)]).toEqual([path, null]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
