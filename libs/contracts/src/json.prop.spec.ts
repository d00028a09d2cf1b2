import fc from 'fast-check';
import { canonicalJson, json, jsonObject, type Json } from './json';

/** A JSON value as it comes from a text: without -0, which a text has not. */
const jsonValue = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as Json);

/** The same value with the keys of each object in another order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => turned(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, one]) => [key, turned(one)]),
  );
}

describe('the canonical text of a value', () => {
  it('is JSON that gives the value back', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('is the same for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)) as Json)).toBe(canonicalJson(value));
      }),
    );
  });

  it('is different for different values', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (one, other) => {
        if (canonicalJson(one) === canonicalJson(other)) expect(one).toEqual(other);
      }),
    );
  });

  it.each<[string, Json, string]>([
    [
      'keys by code unit, not by language',
      { b: 1, a: 2, B: 3, é: 4, '10': 5, '9': 6 },
      '{"10":5,"9":6,"B":3,"a":2,"b":1,"é":4}',
    ],
    ['keys at every depth', [{ z: { b: 1, a: 2 } }], '[{"z":{"a":2,"b":1}}]'],
    ['items in their own order', [3, 1, 2], '[3,1,2]'],
    ['numbers in one form', [1.0, 1e3, 1e21, 0.1, 1e-7, -5], '[1,1000,1e+21,0.1,1e-7,-5]'],
    ['both zeros as one', [0, -0], '[0,0]'],
    [
      'text as it is, with only the escapes that JSON needs',
      'é\u2028"\\\n\u0007😀',
      '"é\u2028\\"\\\\\\n\\u0007😀"',
    ],
    ['half a character as an escape, so that it is UTF-8', '\ud800', '"\\ud800"'],
    ['no letter for another that looks the same', ['é', 'e\u0301'], '["é","e\u0301"]'],
    ['nothing', [null, [], {}, ''], '[null,[],{},""]'],
  ])('has %s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('leaves out members that are not there', () => {
    const found: Record<string, Json> = { a: 1 };
    Object.assign(found, { b: undefined });
    expect(canonicalJson(found)).toBe('{"a":1}');
  });

  it('counts a key called __proto__ as any other', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}') as Json)).toBe(
      '{"__proto__":{"a":1}}',
    );
  });
});

describe('the schema of JSON', () => {
  it('takes null, and nothing that is not there', () => {
    expect(json.safeParse(null).success).toBe(true);
    expect(json.safeParse(undefined).success).toBe(false);
  });

  it('of an object takes objects only', () => {
    expect(jsonObject.safeParse({}).success).toBe(true);
    for (const other of [null, [], 'a', 1, true, undefined]) {
      expect(jsonObject.safeParse(other).success).toBe(false);
    }
  });
});
