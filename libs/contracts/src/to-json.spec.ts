import { answerOf } from './agent-answer';
import { toJson } from './to-json';

class Money {
  constructor(readonly amount: number) {}
}
const cycle: Record<string, unknown> = { a: 1 };
cycle['self'] = [cycle];
const shared = (levels: number): unknown => {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
};
const holes: unknown[] = [1, , 3];
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('an answer of an agent that JSON would change or drop is refused with its place', () => {
  it.each<[string, unknown, string]>([
    ['NaN', { n: Number.NaN }, 'JSON at /n, found NaN'],
    ['Infinity', [1, -Infinity], 'JSON at /1, found -Infinity'],
    ['a whole number that has lost its digits', { n: 2 ** 53 }, 'at /n, found 9007199254740992'],
    ['a Map', { of: { m: new Map([['a', 1]]) } }, 'JSON at /of/m, found an object of class Map'],
    ['a Set', { s: new Set([1]) }, 'JSON at /s, found an object of class Set; give a list'],
    ['a Date', { at: new Date(0) }, 'JSON at /at, found an object of class Date; give its text'],
    ['an object of a class', new Money(1), 'JSON at the value, found an object of class Money'],
    ['bytes', { b: Buffer.from('a') }, 'JSON at /b, found an object of class Buffer'],
    ['a boxed number', { n: Object(1) }, 'JSON at /n, found an object of class Number'],
    ['an undefined member', { a: { 'b/c': undefined } }, 'JSON at /a/b~1c, found undefined'],
    ['an undefined item', [undefined], 'JSON at /0, found undefined'],
    ['a function', { f: () => 1 }, 'JSON at /f, found a function'],
    ['a symbol', { s: Symbol('a') }, 'JSON at /s, found a symbol'],
    ['a symbol as a key', { [Symbol('a')]: 1 }, 'an object with symbols as keys'],
    ['a BigInt', { n: 12n }, 'JSON at /n, found the BigInt 12'],
    ['a cycle', cycle, 'JSON at /self/0, found a value that holds itself'],
    ['a list with holes', { l: holes }, 'JSON at /l, found a list with holes'],
    ['a list with members', 'ab'.match(/a/), 'found a list with members beside its items'],
    ['half a character', { t: ['a\ud800b'] }, 'JSON at /t/0, found text with half a character'],
    ['half a character in a key', { '\udc00': 1 }, 'found text with half a character'],
    [
      'a getter that throws',
      {
        get a(): never {
          throw new Error('no');
        },
      },
      "found what can't be read: no",
    ],
  ])('%s', (_, output, message) => {
    expect(() => answerOf(output)).toThrow(
      expect.objectContaining({
        code: 'CONTRACT_VIOLATED',
        retryable: false,
        message: expect.stringContaining(message),
      }),
    );
  });

  it.each<[string, unknown, string]>([
    ['deeper than JSON may be', nested(65), 'JSON_TOO_DEEP'],
    [
      'of too many keys',
      Object.fromEntries(
        Array(100_001)
          .fill(0)
          .map((_, n) => [n, n]),
      ),
      'LIMIT_EXCEEDED',
    ],
    ['too long', 'x'.repeat(900_001), 'PAYLOAD_TOO_LARGE'],
    ['of parts that stand in it millions of times', shared(60), 'PAYLOAD_TOO_LARGE'],
    ['with a key that reaches a prototype', JSON.parse('{"__proto__":1}'), 'CONTRACT_VIOLATED'],
  ])('one that is %s', (_, output, code) => {
    expect(() => answerOf(output)).toThrow(expect.objectContaining({ code, retryable: false }));
  });
});

describe('a value that JSON keeps', () => {
  it('is copied as it is, with 0 for -0', () => {
    const value = { a: [1, 'é😀', null, true], b: Object.assign(Object.create(null), { c: 0.1 }) };
    const copy = toJson({ ...value, zero: -0, vast: 1e308, small: 5e-324 });
    expect(copy).toEqual({ ok: true, value: { ...value, zero: 0, vast: 1e308, small: 5e-324 } });
    expect(copy.ok && Object.is((copy.value as { zero: number }).zero, 0)).toBe(true);
  });

  it('is a copy: what becomes of the value later changes nothing', () => {
    const list = [1];
    const copy = toJson({ list });
    list.push(2);
    expect(copy).toEqual({ ok: true, value: { list: [1] } });
  });

  it('may stand in several places', () => {
    const one = { a: 1 };
    expect(toJson([one, one])).toEqual({ ok: true, value: [{ a: 1 }, { a: 1 }] });
  });

  it('is null when an agent gave nothing', () => {
    expect(answerOf(undefined)).toBeNull();
  });
});
