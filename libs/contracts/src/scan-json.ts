import { Fault } from './error-codes';
import { FORBIDDEN_KEYS } from './forbidden-keys';
import { endOfNumber, isMinusZero, whyLiteralNotKept } from './json-number';
import { LIMITS } from './limits';
import { withoutMinusZero } from './to-json';

/** Bounds of one scan; each is named in the error that it causes. */
export interface ScanLimits {
  readonly bytesMax: number;
  readonly depthMax: number;
  readonly keysMax: number;
}

const DEFAULTS: ScanLimits = {
  bytesMax: LIMITS.commandBytesMax,
  depthMax: LIMITS.jsonDepthMax,
  keysMax: LIMITS.jsonKeysMax,
};

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const [MINUS, ZERO, NINE, SMALL_U] = [0x2d, 0x30, 0x39, 0x75];

/**
 * Reads JSON text once, before any parser: its size in characters, depth, number of keys, keys
 * that could reach an object's prototype, keys that stand twice in one object, which `JSON.parse`
 * silently drops, numbers that a double can't hold, and halves of characters. Throws a Fault that
 * names the place; it does not replace a parse. Answers whether a number may be -0.
 */
export function scanJson(text: string, limits: ScanLimits = DEFAULTS): boolean {
  checkText(text, limits);
  // One entry for each open bracket: the keys seen so far, or null inside an array.
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  let expectsKey = false;
  let hasMinusZero = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    switch (character) {
      case QUOTE: {
        const end = endOfString(text, at);
        const seen = open[open.length - 1];
        if (expectsKey && seen) {
          keys += 1;
          checkKey(text, at, end, seen);
          if (keys > limits.keysMax) throw tooManyKeys(limits.keysMax, at);
        }
        at = end;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        expectsKey = character === OPEN_BRACE;
        open.push(expectsKey ? new Set() : null);
        if (open.length > limits.depthMax) throw tooDeep(limits.depthMax, open.length, at);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        expectsKey = false;
        break;
      case COLON:
        expectsKey = false;
        break;
      case COMMA:
        expectsKey = Boolean(open[open.length - 1]);
        break;
      default:
        if (character === MINUS || (character >= ZERO && character <= NINE)) {
          const end = endOfNumber(text, at);
          if (end < 0) hasMinusZero = checkNumber(text.slice(at, -end), at) || hasMinusZero;
          at = Math.abs(end) - 1;
        }
    }
  }
  return hasMinusZero;
}

function checkText(text: string, { bytesMax }: ScanLimits): void {
  if (text.length > bytesMax) {
    const found = `expected at most ${bytesMax} characters of JSON, found ${text.length}`;
    throw new Fault('PAYLOAD_TOO_LARGE', `${found}; send large data by reference`);
  }
  if (text.startsWith('\uFEFF')) {
    const found = 'expected JSON, found a byte order mark before it';
    throw new Fault('JSON_MALFORMED', `${found}; send it without one`);
  }
  if (!text.isWellFormed()) throw halfCharacter(text.search(/\p{Surrogate}/u));
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at += sizeOfEscape(text, at) - 1;
    else if (character === QUOTE) return at;
  }
  const found = `expected a closing quote for the string at character ${start}, found the end`;
  throw new Fault('JSON_MALFORMED', `${found}; send the whole document`);
}

/** Characters of an escape, or of two that are one character together. */
function sizeOfEscape(text: string, at: number): number {
  if (text.charCodeAt(at + 1) !== SMALL_U) return 2;
  const unit = unitAt(text, at);
  if (!(unit >= 0xd800 && unit <= 0xdfff)) return 2;
  const low = text.charCodeAt(at + 6) === BACKSLASH ? unitAt(text, at + 6) : Number.NaN;
  if (unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) return 12;
  throw halfCharacter(at);
}

/** What `\uXXXX` stands for; NaN when that is not what stands there. */
function unitAt(text: string, at: number): number {
  const [digits] = /^[0-9a-fA-F]{4}/.exec(text.slice(at + 2, at + 6)) ?? [];
  return text.charCodeAt(at + 1) === SMALL_U ? Number.parseInt(digits ?? '', 16) : Number.NaN;
}

/** Refuses a number that can't be kept; whether it is -0. */
function checkNumber(literal: string, at: number): boolean {
  const why = whyLiteralNotKept(literal);
  if (why === null) return isMinusZero(Number(literal));
  throw new Fault('JSON_NUMBER_INEXACT', `${why}, at character ${at}; send it as text`);
}

function checkKey(text: string, start: number, end: number, seen: Set<string>): void {
  const raw = text.slice(start + 1, end);
  const key = raw.includes('\\') ? parseJson(text.slice(start, end + 1)) : raw;
  if (typeof key !== 'string') return;
  if (FORBIDDEN_KEYS.has(key)) {
    const found = `expected no key "${key}", found one at character ${start}`;
    throw new Fault('JSON_FORBIDDEN_KEY', `${found}; rename it`);
  }
  if (seen.has(key)) {
    const found = `expected each key once in an object, found "${key}" again at character ${start}`;
    throw new Fault('JSON_MALFORMED', `${found}; remove one of them`);
  }
  seen.add(key);
}

function tooManyKeys(keysMax: number, at: number): Fault {
  const found = `expected at most ${keysMax} keys, found more at character ${at}`;
  return new Fault('LIMIT_EXCEEDED', `${found}; split the document`);
}

function tooDeep(depthMax: number, depth: number, at: number): Fault {
  const found = `expected JSON nested at most ${depthMax} deep, found depth ${depth}`;
  return new Fault('JSON_TOO_DEEP', `${found} at character ${at}; flatten it`);
}

function halfCharacter(at: number): Fault {
  const found = `expected whole characters, found half of one (a lone surrogate) at character ${at}`;
  return new Fault('JSON_MALFORMED', `${found}; send text that is valid Unicode`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : 'unreadable text';
    throw new Fault('JSON_MALFORMED', `expected JSON, found ${found}; correct it`, false, {
      cause,
    });
  }
}

/**
 * The door for all JSON that enters: checks the text with `scanJson`, then parses it. What it
 * gives is what the text says, and what it says again once it was written: -0 is 0.
 */
export function readJson(text: string, limits?: ScanLimits): unknown {
  const mayHaveMinusZero = scanJson(text, limits);
  const read = parseJson(text);
  return mayHaveMinusZero ? withoutMinusZero(read) : read;
}
