import type { Json, JsonObject } from '@fermata/contracts';

/** A schema of so many levels, each of which asks the next one more than once. */
function levels(count: number, ask: (next: JsonObject) => JsonObject, more = {}): JsonObject {
  const defs = Array.from({ length: count }, (_, at) => [
    `a${at}`,
    at === count - 1 ? { type: ['object', 'array'] } : ask({ $ref: `#/$defs/a${at + 1}` }),
  ]);
  return { ...ask({ $ref: '#/$defs/a0' }), ...more, $defs: Object.fromEntries(defs) as JsonObject };
}

/** Lists in lists, so deep. */
function nested(depth: number): Json {
  return depth === 0 ? [] : [nested(depth - 1)];
}

function dynamic(count: number): JsonObject {
  const twice = (at: number): JsonObject => ({
    allOf: [0, 1].map(() => ({ $dynamicRef: `#a${at}` })),
  });
  const defs = Array.from({ length: count }, (_, at) => [
    `a${at}`,
    { $dynamicAnchor: `a${at}`, ...(at === count - 1 ? {} : twice(at + 1)) },
  ]);
  return { ...twice(0), $defs: Object.fromEntries(defs) as JsonObject };
}

const both = { x: 1, y: 1 };

/** Schemas of some kB that ask for 2^60 answers, each by another keyword, with a value. */
export const ENDLESS_SCHEMAS: readonly (readonly [string, JsonObject, Json])[] = [
  ['allOf', levels(60, (next) => ({ allOf: [next, next] })), {}],
  ['anyOf', levels(60, (next) => ({ anyOf: [{ allOf: [next, false] }, next] })), {}],
  ['oneOf', levels(60, (next) => ({ oneOf: [{ not: next }, next] })), {}],
  ['if', levels(60, (next) => ({ if: next, then: next, else: next })), {}],
  ['dependentSchemas', levels(60, (next) => ({ dependentSchemas: { x: next, y: next } })), both],
  ['items', levels(50, (next) => ({ allOf: [{ items: next }, { items: next }] })), nested(50)],
  [
    'contains',
    levels(50, (next) => ({ allOf: [{ contains: next }, { contains: next }] })),
    nested(52),
  ],
  ['$dynamicRef', dynamic(60), {}],
];

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Expressions that ask for far more than they look, with the input that makes them so. */
export const ENDLESS_EXPRESSIONS: readonly (readonly [string, string, JsonObject])[] = [
  [
    'in, of a list in a loop',
    'run.input.l.all(x, !(x in run.input.m))',
    { l: numbers(50_000), m: numbers(50_000).map((at) => -1 - at) },
  ],
  [
    '== of lists in a loop',
    'run.input.l.all(x, run.input.l == run.input.m)',
    { l: numbers(20_000), m: numbers(20_000) },
  ],
  [
    'map().join()',
    "run.input.l.map(x, run.input.t).join('') != ''",
    { l: numbers(10_000), t: 'x'.repeat(100_000) },
  ],
  [
    'a loop in a loop',
    'run.input.l.all(x, run.input.l.all(y, x + y >= 0.0))',
    { l: numbers(10_000) },
  ],
  [
    'split in a loop',
    "run.input.l.all(x, run.input.t.split('a').size() > 0)",
    { l: numbers(10_000), t: 'a'.repeat(100_000) },
  ],
];

/** A contract of some 400 kB, each under another name. */
export function wideContract(): JsonObject {
  const field = { type: 'string', maxLength: 100, description: 'What was said, in a few words.' };
  const fields = Array.from({ length: 4_500 }, (_, at) => [`field_${at}`, field]);
  return { type: 'object', properties: Object.fromEntries(fields) as JsonObject };
}
