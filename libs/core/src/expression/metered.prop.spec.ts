import { Environment } from '@marcbachmann/cel-js';
import type { Json } from '@fermata/contracts';
import fc from 'fast-check';
import { Meter } from '../meter';
import { check, evaluate } from './evaluate.fixture';

const plain = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
});

const INPUT = { n: 2.5, s: 'a,b', l: [1, 2, 3], m: { a: 1, b: [true] }, t: ['x', 'y'], e: [] };

/** Expressions over the input, most of which have a value. */
const sources = fc.letrec<{ any: string; bool: string; list: string; text: string }>((tie) => {
  const { any, bool, list, text } = {
    any: tie('any'),
    bool: tie('bool'),
    list: tie('list'),
    text: tie('text'),
  };
  const made = (arbs: fc.Arbitrary<string>[], make: (...parts: string[]) => string) =>
    fc.tuple(...arbs).map((parts) => make(...parts));
  return {
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('run.input.n', '1', 'run.input.m', 'x'),
      bool,
      list,
      text,
    ),
    bool: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('true', 'false', 'run.input.missing == 1', 'has(run.input.n)'),
      made([any, any], (a, b) => `(${a} == ${b})`),
      made([any, list], (a, b) => `(${a} in ${b})`),
      made([text], (a) => `(${a} in run.input.m)`),
      made([bool, bool], (a, b) => `(${a} || ${b})`),
      made([bool, bool], (a, b) => `(${a} && ${b})`),
      made([list, bool], (a, b) => `${a}.all(x, ${b})`),
      made([list, bool], (a, b) => `${a}.exists(x, ${b})`),
      made([text, text], (a, b) => `${a}.contains(${b})`),
    ),
    list: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('run.input.l', 'run.input.t', 'run.input.e', '[1, "a"]'),
      made([list, list], (a, b) => `(${a} + ${b})`),
      made([list, any], (a, b) => `${a}.map(x, ${b})`),
      made([list, bool], (a, b) => `${a}.filter(x, ${b})`),
      made([text, text], (a, b) => `${a}.split(${b})`),
    ),
    text: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('run.input.s', '"a"', '","'),
      made([text, text], (a, b) => `(${a} + ${b})`),
      made([list], (a) => `${a}.join(",")`),
      made([bool, text, text], (a, b, c) => `(${a} ? ${b} : ${c})`),
    ),
  };
});

function asJson(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? Number(one) : one)),
  );
}

describe('an expression whose steps are counted', () => {
  it('has the value that the library gives it, and the same count each time', () => {
    let compared = 0;
    const any = fc.oneof(sources.any, sources.bool, sources.list, sources.text);
    fc.assert(
      fc.property(any, (source) => {
        const checked = check(source);
        if (!checked.ok) return;
        const first = evaluate(source, INPUT);
        const second = evaluate(source, INPUT);
        expect(second).toEqual(first);
        expect(first.steps).toBeGreaterThan(0);
        if (!first.found.ok) return;
        const expected = asJson(plain.evaluate(source, { run: { input: INPUT } }));
        expect([source, first.found.value]).toEqual([source, expected]);
        compared += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  it('ends wherever the steps run out', () => {
    fc.assert(
      fc.property(sources.bool, fc.integer({ min: 0, max: 200 }), (source, max) => {
        if (!check(source).ok) return;
        const meter = new Meter(max);
        const { found } = evaluate(source, INPUT, meter);
        if (meter.isOut) expect(found).toMatchObject({ ok: false });
      }),
      { numRuns: 500 },
    );
  });
});
