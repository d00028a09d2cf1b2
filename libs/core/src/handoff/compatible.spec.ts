import type { JsonObject } from '@fermata/contracts';
import { alternativesOfSchema } from './alternatives';
import { alternativesAt, whyIncompatible } from './compatible';

const object = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
});
const text: JsonObject = { type: 'string' };
const number: JsonObject = { type: 'number' };

describe('a consumer accepts what a producer promises', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['when both say nothing', {}, {}],
    ['when the producer says nothing: the value is checked instead', {}, text],
    ['when the consumer asks nothing', text, {}],
    ['of the same type', text, text],
    ['of a narrower type', { type: 'integer' }, number],
    ['of one of its types', text, { type: ['string', 'null'] }],
    ['of fewer types', { type: ['integer', 'null'] }, { type: ['number', 'null', 'string'] }],
    ['with fewer choices', { enum: ['a'] }, { enum: ['a', 'b'] }],
    [
      'with equal choices in another order of keys',
      { enum: [{ a: 1, b: 2 }] },
      { enum: [{ b: 2, a: 1 }] },
    ],
    ['with more fields', object({ a: text, b: text }, ['a', 'b']), object({ a: text }, ['a'])],
    ['with a field that nobody requires left out', object({ a: text }), object({ b: text })],
    ['with fields that nobody describes', { type: 'object' }, object({ a: text }, ['a'])],
    ['with items of its type', { type: 'array', items: text }, { type: 'array', items: text }],
    ['with items of any type', { type: 'array' }, { type: 'array', items: text }],
  ])('%s', (_, producer, consumer) => {
    expect(whyIncompatible(producer, consumer)).toBeNull();
  });
});

describe('a consumer refuses what a producer promises, and says where', () => {
  it.each<[string, JsonObject, JsonObject, string]>([
    ['of another type', number, text, 'at the value itself: expected string, found number'],
    [
      'of a wider type',
      number,
      { type: 'integer' },
      'at the value itself: expected integer, found number',
    ],
    [
      'of one type too many',
      { type: ['string', 'null'] },
      text,
      'at the value itself: expected string, found null',
    ],
    [
      'with one choice too many',
      { enum: ['a', 'c'] },
      { enum: ['a', 'b'] },
      'at the value itself: expected one of ["a","b"], found "c"',
    ],
    [
      'without a field that it requires',
      object({ a: text }, ['a']),
      object({ b: text }, ['b']),
      'at the value itself: expected "b" in every value, found it not promised',
    ],
    [
      'with a field that it requires only now and then',
      object({ a: text }),
      object({ a: text }, ['a']),
      'at the value itself: expected "a" in every value, found it not promised',
    ],
    [
      'with another type deep inside',
      object({ a: object({ b: number }) }),
      object({ a: object({ b: text }) }),
      'at /a/b: expected string, found number',
    ],
    [
      'with items of another type',
      object({ list: { type: 'array', items: object({ n: text }) } }),
      object({ list: { type: 'array', items: object({ n: number }) } }),
      'at /list/*/n: expected number, found string',
    ],
  ])('%s', (_, producer, consumer, why) => {
    expect(whyIncompatible(producer, consumer)).toBe(why);
  });

  it('starts the place where it is told to', () => {
    expect(whyIncompatible(number, text, '/amount')).toBe(
      'at /amount: expected string, found number',
    );
  });
});

describe('what is known at a path', () => {
  const schema = object({ loan: object({ amount: number }), open: {} });
  const kindsAt = (path: readonly string[]) =>
    alternativesAt(alternativesOfSchema(schema), path)?.map(({ kinds }) => [...kinds]) ?? null;

  it('is what the properties say', () => {
    expect(kindsAt([])).toEqual([['object']]);
    expect(kindsAt(['loan', 'amount'])).toEqual([['number']]);
  });

  it.each([[['loan', 'term']], [['open', 'anything']], [['toString']]])('is open at %j', (path) => {
    expect(kindsAt(path)).toBeNull();
  });
});
