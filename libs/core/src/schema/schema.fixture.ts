import type { Json, JsonObject } from '@fermata/contracts';
import fc from 'fast-check';

/** Few names, so that schemas and values meet. */
const NAMES = ['a', 'b', 'c'] as const;
const name = fc.constantFrom(...NAMES);
const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'array', 'object');
const small = fc.integer({ min: 0, max: 4 });

/** Plain values of the kinds that the schemas below speak of. */
export const values: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Json>(null, true, false, 0, 1, 2.5, -3, '', 'a', 'ab', 'abc', '😀', 'x1'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

/** A keyword with its value, by itself a schema. */
function keywords(schema: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  const schemas = fc.array(schema, { minLength: 1, maxLength: 3 });
  const named = fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true });
  const reference = fc.constantFrom('#/$defs/a', '#/$defs/b', '#/$defs/c', '#', '#b', '#/missing');
  const patterns = fc.constantFrom('^a', '[bc]$', '^x[0-9]$', '(a|ab)*c');
  return fc
    .oneof(
      fc.record({ type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })) }),
      fc.record({ enum: fc.uniqueArray(values, { minLength: 1, maxLength: 3 }) }),
      fc.record({ const: values }),
      fc.record({ maximum: small }),
      fc.record({ exclusiveMinimum: small }),
      fc.record({ multipleOf: fc.constantFrom(1, 2, 0.5) }),
      fc.record({ minLength: small, maxLength: small }),
      fc.record({ pattern: patterns }),
      fc.record({ format: fc.constantFrom('date', 'email', 'uuid') }),
      fc.record({ minItems: small }),
      fc.record({ uniqueItems: fc.boolean() }),
      fc.record({ maxProperties: small, minProperties: small }),
      fc.record({ required: fc.uniqueArray(name, { maxLength: 2 }) }),
      fc.record({
        dependentRequired: fc.dictionary(name, fc.uniqueArray(name), {
          maxKeys: 2,
          noNullPrototype: true,
        }),
      }),
      fc.record({ $ref: reference }),
      fc.record({ $dynamicRef: fc.constantFrom('#b', '#') }),
      fc.record({ allOf: schemas }),
      fc.record({ anyOf: schemas }),
      fc.record({ oneOf: schemas }),
      fc.record({ not: schema }),
      fc.record({ if: schema, then: schema, else: schema }),
      fc.record({ dependentSchemas: named }),
      fc.record({ properties: named, additionalProperties: schema }),
      fc.record({
        patternProperties: fc.dictionary(patterns, schema, { maxKeys: 2, noNullPrototype: true }),
      }),
      fc.record({ propertyNames: schema }),
      fc.record({ prefixItems: schemas, items: schema }),
      fc.record({ items: schema }),
      fc.record({ contains: schema, minContains: small, maxContains: small }),
      fc.record({ unevaluatedProperties: schema }),
      fc.record({ unevaluatedItems: schema }),
    )
    .map((made) => ({ ...made }));
}

/** Schemas of up to three keywords at each level. */
const schemas: fc.Arbitrary<Json> = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Json>(true, false, {}, { type: 'string' }),
    fc
      .array(keywords(tie('schema')), { minLength: 1, maxLength: 3 })
      .map((parts) => Object.assign({}, ...parts) as Json),
  ),
})).schema;

/** Whole contracts: schemas with definitions that refer to each other, also in circles. */
export const contracts: fc.Arbitrary<JsonObject> = fc
  .record({ a: schemas, b: schemas, c: schemas, whole: schemas })
  .map(({ a, b, c, whole }) => {
    const anchored =
      typeof b === 'object' ? { ...b, $dynamicAnchor: 'b' } : { $dynamicAnchor: 'b' };
    const own = typeof whole === 'object' ? whole : { allOf: [whole] };
    return { ...own, $defs: { a, b: anchored, c } } as JsonObject;
  });
