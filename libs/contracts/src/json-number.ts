import { LIMITS } from './limits';

/** From here on a double is written with an exponent; below it stand all its digits. */
const WRITTEN_WITH_EXPONENT = 1e21;
const LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Any decimal of so many digits and no exponent is told from all others by its double. */
const SURE_DIGITS = 15;
const SHOWN_CHARS = 40;
const [PLUS, MINUS, DOT, ZERO, NINE] = [0x2b, 0x2d, 0x2e, 0x30, 0x39];
const [BIG_E, SMALL_E] = [0x45, 0x65];

/**
 * Where the number ends that begins at a place. Below zero, when it must be looked at closely:
 * nearly all have so few digits that they can't be one that is kept as another.
 */
export function endOfNumber(text: string, start: number): number {
  let digits = 0;
  let at = start;
  let isSure = true;
  for (; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character >= ZERO && character <= NINE) {
      if (character > ZERO || digits > 0) digits += 1;
    } else if (character === SMALL_E || character === BIG_E || character === PLUS) isSure = false;
    else if (character !== DOT && character !== MINUS) break;
  }
  // What begins with -0 may be the zero below zero.
  const isBelow = text.charCodeAt(start) === MINUS && text.charCodeAt(start + 1) === ZERO;
  return isSure && digits <= SURE_DIGITS && !isBelow ? at : -at;
}

/** Whether a number is the zero below zero, which JSON text can't tell from 0 once written. */
export function isMinusZero(value: number): boolean {
  return Object.is(value, -0);
}

/**
 * Why a number can't be kept as JSON text and come back as the same, or null: one that is not
 * finite, or a whole number whose neighbours a double can't tell apart. Doubles from 1e21 on are
 * written with an exponent: measures, not counts, and kept.
 */
export function whyNotKept(value: number): string | null {
  if (!Number.isFinite(value)) return `expected a finite number, found ${value}`;
  const isVast = Math.abs(value) >= WRITTEN_WITH_EXPONENT;
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || isVast) return null;
  return `${WHOLE}, found ${value}`;
}

const WHOLE = `expected a whole number within ±${LIMITS.jsonWholeMax}, or one with an exponent from 1e21 on`;

/**
 * Why a number as it is written can't be kept, or null: the double nearest to it must be what was
 * written. So its shortest text says the same number, or the 17 digits that some clients write
 * of every double do. What is no number in JSON is left to the parser.
 */
export function whyLiteralNotKept(literal: string): string | null {
  const value = Number(literal);
  const isUnsafe = Number.isInteger(value) && !Number.isSafeInteger(value);
  // What a client wrote as the shortest text of a double, as most do: no need to look closer.
  if (!isUnsafe && String(value) === literal) return null;
  if (!LITERAL.test(literal)) return null;
  const found = literal.length > SHOWN_CHARS ? `${literal.slice(0, SHOWN_CHARS)}…` : literal;
  if (!Number.isFinite(value)) return `expected a number that a double can hold, found ${found}`;
  const isPlain = !/e/i.test(literal);
  if (isUnsafe && (isPlain || whyNotKept(value) !== null)) return `${WHOLE}, found ${found}`;
  const written = decimalOf(literal);
  if (written === decimalOf(String(value)) || written === decimalOf(value.toPrecision(17))) {
    return null;
  }
  return `expected a number that a double can hold, found ${found}, which would become ${value}`;
}

/** A number's digits and exponent, the same for every way to write it; its sign is left out. */
function decimalOf(literal: string): string {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = `${whole}${fraction}`;
  const first = digits.search(/[1-9]/);
  if (first < 0) return '0';
  let last = digits.length;
  while (digits[last - 1] === '0') last -= 1;
  const power = Number(exponent) - fraction.length + (digits.length - last);
  return `${digits.slice(first, last)}e${power}`;
}
