import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import type { Json, JsonObject } from '@fermata/contracts';
import { drained } from '../pieces';
import { whyNoSchema } from './schema-of-schemas';

const checker = new Ajv2020({ strict: false, logger: false });
const whyNo = (schema: JsonObject) => drained(whyNoSchema(schema, checker));

/** Values that are a schema here, a mistake there. */
const leaf: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  ...[true, false, null, 1, -1, 'string', 'no type', '(', [], ['a'], ['a', 'a'], {}],
);

const { schema } = fc.letrec<{ schema: JsonObject; some: Json }>((tie) => {
  const named = fc.dictionary(fc.constantFrom('a', 'b/~c', '('), tie('some'), { maxKeys: 2 });
  const listed = fc.array(tie('some'), { maxLength: 3 });
  const word = fc.constantFrom(
    ...['items', 'not', 'if', 'contains', 'additionalProperties', 'propertyNames', 'type'],
    ...['prefixItems', 'allOf', 'anyOf', 'properties', 'patternProperties', '$defs', 'definitions'],
    ...['dependencies', 'dependentSchemas', 'unevaluatedItems', 'contentSchema', 'enum', 'const'],
    ...['minimum', 'required', 'pattern', '$id', '$anchor', 'default'],
  );
  return {
    schema: fc.dictionary(word, fc.oneof(tie('some'), named, listed), {
      maxKeys: 3,
    }),
    some: fc.oneof({ maxDepth: 4 }, leaf, tie('schema')),
  };
});

describe('the schema of schemas', () => {
  it('says of a schema in pieces what it says of it as a whole', () => {
    fc.assert(
      fc.property(schema, (given) => {
        expect(whyNo(given) === null).toBe(checker.validateSchema(given));
      }),
      { numRuns: 3_000 },
    );
  });

  it('tells the place of a mistake from the whole schema', () => {
    const properties = { 'a/~b': { anyOf: [true, { items: { type: 'strin' } }] } };
    expect(whyNo({ properties })).toMatch('data/properties/a~1~0b/anyOf/1/items/type must be');
  });

  it('refuses a list of types before it is compared with itself', () => {
    const type = Array.from({ length: 100_000 }, (_, index) => `type ${index}`);
    expect(whyNo({ properties: { a: { type } } })).toMatch(
      'data/properties/a/type must NOT have more than 7 items',
    );
  });
});
