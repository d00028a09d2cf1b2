import { Fault } from './error-codes';
import { LIMITS } from './limits';

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

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Reads JSON text once, before any parser: its size in characters, depth, number of keys, keys
 * that could reach an object's prototype, and keys that stand twice in one object, which
 * `JSON.parse` silently drops. Throws a Fault that names the place; it does not replace a parse.
 */
export function scanJson(text: string, limits: ScanLimits = DEFAULTS): void {
  if (text.length > limits.bytesMax) {
    const found = `expected at most ${limits.bytesMax} characters of JSON, found ${text.length}`;
    throw new Fault('PAYLOAD_TOO_LARGE', `${found}; send large data by reference`);
  }
  // One entry for each open bracket: the keys seen so far, or null inside an array.
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        const seen = open[open.length - 1];
        if (expectsKey && seen) {
          keys += 1;
          checkKey(text, at, end, seen);
          if (keys > limits.keysMax) {
            const found = `expected at most ${limits.keysMax} keys, found more at character ${at}`;
            throw new Fault('LIMIT_EXCEEDED', `${found}; split the document`);
          }
        }
        at = end;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        expectsKey = text.charCodeAt(at) === OPEN_BRACE;
        open.push(expectsKey ? new Set() : null);
        if (open.length > limits.depthMax) {
          const found = `expected JSON nested at most ${limits.depthMax} deep, found depth`;
          throw new Fault(
            'JSON_TOO_DEEP',
            `${found} ${open.length} at character ${at}; flatten it`,
          );
        }
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
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at += 1;
    else if (character === QUOTE) return at;
  }
  const found = `expected a closing quote for the string at character ${start}, found the end`;
  throw new Fault('JSON_MALFORMED', `${found}; send the whole document`);
}

function checkKey(text: string, start: number, end: number, seen: Set<string>): void {
  const raw = text.slice(start + 1, end);
  const key = raw.includes('\\') ? parseJson(text.slice(start, end + 1)) : raw;
  if (typeof key !== 'string') return;
  if (FORBIDDEN.has(key)) {
    const found = `expected no key "${key}", found one at character ${start}`;
    throw new Fault('JSON_FORBIDDEN_KEY', `${found}; rename it`);
  }
  if (seen.has(key)) {
    const found = `expected each key once in an object, found "${key}" again at character ${start}`;
    throw new Fault('JSON_MALFORMED', `${found}; remove one of them`);
  }
  seen.add(key);
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

/** Checks the text with `scanJson`, then parses it. */
export function readJson(text: string, limits?: ScanLimits): unknown {
  scanJson(text, limits);
  return parseJson(text);
}
