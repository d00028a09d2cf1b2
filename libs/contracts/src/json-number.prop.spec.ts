import fc from 'fast-check';
import { Fault } from './error-codes';
import { readJson } from './scan-json';
import { toJson } from './to-json';

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
};
/** Numbers as clients write them: any digits, dots and exponents, often at the edges. */
const literal = fc.oneof(
  fc.double().map(String),
  fc.double().map((value) => value.toPrecision(17)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(99),
      fc.stringMatching(/^\d{1,25}$/),
      fc.integer({ min: -400, max: 400 }),
    )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}e${exponent}`),
  fc.constantFrom('-0', '-0.0', '0e99', '1e308', '1e309', '4.9e-324', '1e-400', '1e21', '1e20'),
);
/** The exact value of a decimal, as a fraction's numerator over 10^400. */
function exact(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const power = 1_200 + Number(exponent) - fraction.length;
  const value = BigInt(whole + fraction) * 10n ** BigInt(Math.max(power, 0));
  return sign === '-' ? -value : value;
}

describe('a number', () => {
  it('that the door lets in says the same when it is written and read again', () => {
    fc.assert(
      fc.property(literal, (text) => {
        fc.pre(!/NaN|Infinity/.test(text));
        if (codeOf(() => readJson(text)) !== 'none') return;
        const value = readJson(text) as number;
        const again = JSON.stringify(value);
        expect(Object.is(readJson(again), value)).toBe(true);
        expect(toJson(value)).toEqual({ ok: true, value });
        const isSame = exact(again) === exact(text);
        // The 17 digits of a double name it as surely as its shortest text.
        expect(isSame || exact(value.toPrecision(17)) === exact(text)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused when the double nearest to it is another, and only then', () => {
    fc.assert(
      fc.property(literal, (text) => {
        fc.pre(!/NaN|Infinity/.test(text));
        const value = Number(text);
        const isKept =
          Number.isFinite(value) &&
          (exact(String(value)) === exact(text) || exact(value.toPrecision(17)) === exact(text));
        const isCount = Number.isInteger(value) && (Math.abs(value) < 1e21 || /^-?\d+$/.test(text));
        const isFine = isKept && (!isCount || Number.isSafeInteger(value));
        expect(codeOf(() => readJson(`[${text}]`))).toBe(isFine ? 'none' : 'JSON_NUMBER_INEXACT');
      }),
      { numRuns: 2_000 },
    );
  });

  it('of up to 15 digits is always kept', () => {
    const decimal = fc.tuple(
      fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }),
      fc.nat(15),
    );
    fc.assert(
      fc.property(decimal, ([digits, places]) => {
        const text = String(digits).replace(/^(-?)(\d+)$/, (_, sign: string, all: string) => {
          const padded = all.padStart(places + 1, '0');
          const whole = padded.slice(0, padded.length - places);
          return `${sign}${whole}${places > 0 ? `.${padded.slice(-places)}` : ''}`;
        });
        expect(codeOf(() => readJson(text))).toBe('none');
      }),
    );
  });

  it.each([
    ['9007199254740991', 'none'],
    ['9007199254740992', 'JSON_NUMBER_INEXACT'],
    ['-9007199254740993', 'JSON_NUMBER_INEXACT'],
    ['9007199254740993.0', 'JSON_NUMBER_INEXACT'],
    ['1000000000000000000000000', 'JSON_NUMBER_INEXACT'],
    ['1e20', 'JSON_NUMBER_INEXACT'],
    ['6.02214076e23', 'none'],
    ['1e400', 'JSON_NUMBER_INEXACT'],
    ['-1E400', 'JSON_NUMBER_INEXACT'],
    ['1e-400', 'JSON_NUMBER_INEXACT'],
    ['0.1', 'none'],
    ['19.990', 'none'],
    ['1.50e2', 'none'],
    ['0.1000000000000000055', 'JSON_NUMBER_INEXACT'],
    ['1.0000000000000000001', 'JSON_NUMBER_INEXACT'],
    ['12345678901234.567', 'JSON_NUMBER_INEXACT'],
    ['0.10000000000000001', 'none'],
    ['NaN', 'JSON_MALFORMED'],
    ['-Infinity', 'JSON_MALFORMED'],
    ['01', 'JSON_MALFORMED'],
    ['1.2.3', 'JSON_MALFORMED'],
    ['1e', 'JSON_MALFORMED'],
    ['-', 'JSON_MALFORMED'],
    ['0x10', 'JSON_MALFORMED'],
    ['00000000000000000001', 'JSON_MALFORMED'],
  ])('%s at the door: %s', (text, code) => {
    expect(codeOf(() => readJson(text))).toBe(code);
    expect(codeOf(() => readJson(`{"a": [${text}]}`))).toBe(code);
  });

  it('is refused with its place, what it would become, and what to do', () => {
    expect(() => readJson('{"n": 0.1000000000000000055}')).toThrow(
      'expected a number that a double can hold, found 0.1000000000000000055, ' +
        'which would become 0.1, at character 6; send it as text',
    );
    expect(() => readJson('{"n": 9007199254740993}')).toThrow(
      'expected a whole number within ±9007199254740991, or one with an exponent from 1e21 on, ' +
        'found 9007199254740993, at character 6; send it as text',
    );
  });

  it('in a text or a key is text', () => {
    const text = '{"9007199254740993": "1e400 and -0"}';
    expect(readJson(text)).toEqual(JSON.parse(text));
  });
});

describe('zero', () => {
  it.each(['-0', '[1, -0.0]', '{"a": {"b": [-0e5]}}', '-0E-400'])('of %s is 0', (text) => {
    const isMinusZero = (value: unknown): boolean =>
      typeof value === 'object' && value !== null
        ? Object.values(value).some(isMinusZero)
        : Object.is(value, -0);
    expect(isMinusZero(JSON.parse(text))).toBe(true);
    expect(isMinusZero(readJson(text))).toBe(false);
    expect(readJson(text)).toEqual(JSON.parse(text.replace('-', '')));
  });
});
