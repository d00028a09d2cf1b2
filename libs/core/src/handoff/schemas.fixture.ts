import type { Json, JsonObject } from '@fermata/contracts';
import fc from 'fast-check';

const SCALARS: readonly Json[] = [
  ...[null, true, false, 0, 1, 2, -1, -3, 0.5, 1.5, 2.5, -0.5, -1.5],
  ...['a', 'b', 'zzz', ''],
];
const KINDS = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;

/** Names of fields, others on each level: a name tells where it stands. */
const NAMES: readonly (readonly string[])[] = [
  ['a', 'b'],
  ['d', 'e'],
  ['g', 'h'],
];

const key = (level: number) => fc.constantFrom(...(NAMES[level] ?? ['z']));

/** Schemas with all that combines others, and a root that their references lead to. */
export function schemas(): fc.Arbitrary<JsonObject> {
  return fc
    .record({ root: schema(0, 2, 'x'), x: schema(0, 1, 'y'), y: schema(1, 1, null) })
    .map(({ root, x, y }) => ({ ...root, $defs: { x, y } }));
}

/** A schema may refer to a later one only: a circle is checked without end. */
function schema(level: number, depth: number, refers: 'x' | 'y' | null): fc.Arbitrary<JsonObject> {
  const parts =
    depth <= 0 || level > 2 ? [plain()] : [plain(), fields(level, depth, refers), lists(level)];
  const flat = fc.oneof(...parts);
  if (depth <= 0) return flat;
  const inner = () => schema(level, depth - 1, refers);
  const target = refers === 'x' && level > 0 ? 'y' : refers === 'y' && level === 0 ? null : refers;
  const some = () => fc.array(inner(), { minLength: 1, maxLength: 2 });
  const combined = fc.record(
    {
      allOf: some(),
      anyOf: some(),
      oneOf: some(),
      not: plain(),
      if: inner(),
      then: inner(),
      else: inner(),
      ...(target === null ? {} : { $ref: fc.constant(`#/$defs/${target}`) }),
    },
    { requiredKeys: [] },
  );
  return fc.oneof(
    flat,
    fc
      .tuple(flat, combined, fc.boolean())
      .map(([one, more, whole]) => ({ ...one, ...(whole ? more : firstOf(more)) })),
  );
}

function firstOf(more: object): object {
  const [first] = Object.entries(more);
  return first === undefined ? {} : { [first[0]]: first[1] };
}

function plain(): fc.Arbitrary<JsonObject> {
  const type = fc.oneof(
    fc.constantFrom(...KINDS),
    fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 3 }),
  );
  return fc.oneof(
    fc.constant({}),
    type.map((one) => ({ type: one })),
    fc.uniqueArray(fc.constantFrom(...SCALARS), { minLength: 1, maxLength: 4 }).map((list) => {
      return { enum: list };
    }),
    fc.constantFrom(...SCALARS).map((one) => ({ const: one })),
    fc.record({ type, enum: fc.uniqueArray(fc.constantFrom(...SCALARS), { minLength: 1 }) }),
    fc.record(
      { type: fc.constantFrom('number', 'integer'), minimum: small(), maximum: small() },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.constant('string'), minLength: fc.nat(1), maxLength: fc.nat(3) }),
  );
}

const small = () => fc.integer({ min: -1, max: 2 });

function fields(level: number, depth: number, refers: 'x' | 'y' | null): fc.Arbitrary<JsonObject> {
  const described = fc.dictionary(key(level), schema(level + 1, depth - 1, refers), { maxKeys: 2 });
  return fc.record(
    {
      type: fc.constant('object'),
      properties: described,
      required: fc.uniqueArray(key(level), { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), plain()),
      patternProperties: plain().map((one) => ({ [`^${NAMES[level]?.[0] ?? 'z'}`]: one })),
    },
    { requiredKeys: [] },
  );
}

function lists(level: number): fc.Arbitrary<JsonObject> {
  return fc.record(
    {
      type: fc.constant('array'),
      items: schema(level + 1, 0, null),
      minItems: fc.nat(2),
      maxItems: fc.nat(2),
    },
    { requiredKeys: ['type'] },
  );
}

/** Values that schemas of these may tell apart. */
export const VALUES: readonly Json[] = valuesOn(0);

function valuesOn(level: number): readonly Json[] {
  const [one = 'z', other = 'z'] = NAMES[level] ?? [];
  const inner = level < 1 ? valuesOn(level + 1) : SCALARS;
  const pairs = inner.flatMap((value) =>
    [...SCALARS, [], {}].flatMap((more) => [
      { [one]: value, [other]: more },
      { [one]: more, [other]: value },
    ]),
  );
  return [
    ...[...SCALARS, [], {}],
    ...inner.flatMap((value) => [
      [value],
      [value, value],
      { [one]: value },
      { [other]: value },
      { [one]: value, [other]: value },
    ]),
    ...pairs,
  ];
}
