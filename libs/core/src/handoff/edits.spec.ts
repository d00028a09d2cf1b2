import type { Json, JsonObject } from '@fermata/contracts';
import { Meter } from '../meter';
import { ContractCompiler } from './contract';
import { editRuleOf } from './edits';

function ruleOf(schema: JsonObject | null) {
  const compiled = new ContractCompiler().compile(schema ?? {});
  if (!compiled.ok) throw new Error(compiled.message);
  return editRuleOf(schema, compiled.contract);
}
const number = { type: 'number' };
const amount = { type: 'object', required: ['amount'], properties: { amount: number } };
const lines = (properties: JsonObject) => ({
  properties: { lines: { type: 'array', items: { type: 'object', properties } } },
});
const row = (sku: string, qty: number): Json => ({ sku, qty });
const nested = { properties: { offer: { properties: { terms: amount } } } };

describe('a person at a gate may change', () => {
  it.each<[string, JsonObject, Json, Json]>([
    ['a field that is named', amount, { name: 'Ada', amount: 7 }, { name: 'Ada', amount: 5 }],
    ['nothing at all', amount, { name: 'Ada', amount: 7 }, { amount: 7, name: 'Ada' }],
    [
      'a field deep inside',
      nested,
      { offer: { terms: { amount: 1, fee: 2 }, to: 'Ada' } },
      { offer: { terms: { amount: 9, fee: 2 }, to: 'Ada' } },
    ],
    [
      'a named field that need not be there: away',
      { properties: { n: {} } },
      { n: 1, a: 1 },
      { a: 1 },
    ],
    ['a named field that was not there', { properties: { n: {} } }, { a: 1 }, { a: 1, n: 1 }],
    [
      'what a pattern names',
      { patternProperties: { '^x_': number } },
      { x_1: 1, a: 1 },
      { x_2: 3, a: 1 },
    ],
    [
      'every field, where all others are named',
      { additionalProperties: number },
      { a: 1 },
      { b: 2 },
    ],
    ['a value as a whole, of which no field is named', { type: 'object' }, { a: 1 }, { b: 2 }],
    [
      'a list as a whole, of plain items',
      { properties: { l: { items: number } } },
      { l: [1] },
      { l: [2, 3] },
    ],
    [
      'the items of a list where they stand',
      lines({ qty: number }),
      { lines: [row('a', 1)] },
      { lines: [row('a', 2)] },
    ],
    [
      'a list of named fields alone as a whole',
      lines({ qty: number, sku: {} }),
      { lines: [row('a', 1)] },
      { lines: [row('b', 2), row('a', 1)] },
    ],
    [
      'what a part of the schema names',
      { allOf: [amount, { anyOf: [{ properties: { n: {} } }] }] },
      { amount: 1, n: 1 },
      { amount: 2, n: 2 },
    ],
    [
      'what a reference names',
      { $ref: '#/$defs/a', $defs: { a: amount } },
      { amount: 1, b: 1 },
      { amount: 2, b: 1 },
    ],
    [
      'what a schema names that holds itself',
      { properties: { n: number, next: { $ref: '#' } } },
      { n: 1, next: { n: 1, next: { n: 1, a: 1 } } },
      { n: 1, next: { n: 1, next: { n: 2, a: 1 } } },
    ],
  ])('%s', (_, schema, shown, edited) => {
    expect(ruleOf(schema)(shown, edited)).toBeNull();
  });
});

describe('a person at a gate may not', () => {
  const shown = { name: 'Ada', amount: 7 };
  it.each<[string, JsonObject | null, Json, Json, string]>([
    [
      'change anything without a schema',
      null,
      shown,
      { ...shown, amount: 5 },
      'expected no edited data',
    ],
    [
      'change what is not named',
      amount,
      shown,
      { amount: 5, name: 'Eve' },
      'expected that /name stays "Ada", as was shown, found "Eve"; it is not editable',
    ],
    [
      'leave out what is not named',
      amount,
      shown,
      { amount: 5 },
      'expected that /name stays "Ada", as was shown, found nothing',
    ],
    [
      'add what is not named',
      amount,
      shown,
      { ...shown, note: 'x' },
      'expected nothing at /note, as was shown, found "x"',
    ],
    [
      'add what every object has',
      amount,
      shown,
      { ...shown, toString: 1 },
      'expected nothing at /toString, as was shown, found 1',
    ],
    [
      'give what is named another value than it may have',
      amount,
      shown,
      { ...shown, amount: 'x' },
      '/amount must be number',
    ],
    [
      'leave out a named field that must be there',
      amount,
      shown,
      { name: 'Ada' },
      "required property 'amount'",
    ],
    ['replace the whole', amount, shown, 5, 'expected that /name stays "Ada"'],
    [
      'leave out an object with more than is named',
      nested,
      { offer: { terms: { amount: 1, fee: 2 } } },
      {},
      'expected that /offer/terms/fee stays 2, as was shown, found nothing',
    ],
    [
      'add an object with more than is named',
      nested,
      {},
      { offer: { terms: { amount: 1, fee: 2 } } },
      'expected nothing at /offer/terms/fee',
    ],
    [
      'change an item beside its named fields',
      lines({ qty: number }),
      { lines: [row('a', 1)] },
      { lines: [row('b', 1)] },
      'expected that /lines/0/sku stays "a"',
    ],
    [
      'take items away that hold more',
      lines({ qty: number }),
      { lines: [row('a', 1), row('b', 1)] },
      { lines: [row('b', 1)] },
      'expected 2 items at /lines, as was shown, found 1',
    ],
    [
      'change what only a condition names',
      { if: { properties: { name: { const: 'Ada' } } }, properties: { amount: number } },
      shown,
      { ...shown, name: 'Eve' },
      'expected that /name stays',
    ],
    [
      'change what a reference leads to that can not be followed',
      { properties: { o: { $ref: '#a' } }, $defs: { a: { $anchor: 'a' } } },
      { o: { n: 1 } },
      { o: { n: 2 } },
      'expected that /o stays {"n":1}',
    ],
  ])('%s', (_, schema, before, after, message) => {
    expect(ruleOf(schema)(before, after)).toContain(message);
  });

  it('have the check go on for ever', () => {
    const meter = new Meter(1_000);
    const properties: JsonObject = Object.fromEntries(
      [...Array(50).keys(), 'qty'].map((name) => [name, number]),
    );
    const list = (qty: number): Json => Array.from({ length: 500 }, () => ({ sku: 'a', qty }));
    const found = ruleOf({ items: { properties } })(list(1), list(2), meter);
    expect(found).toMatch(/expected at most 1000 steps of evaluation/);
  });
});
