import type { ErrorCode } from './error-codes';
import type { Json } from './json';
import { FORBIDDEN_KEYS } from './forbidden-keys';
import { isMinusZero, whyNotKept } from './json-number';
import { LIMITS } from './limits';

/** A value that is JSON, as a copy; or why it is none, and where. */
export type AsJson =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      /** Keys and indexes that lead to what is no JSON. */
      readonly path: readonly (string | number)[];
      /** What was found there, and what to do. */
      readonly found: string;
    };

/**
 * The door for values that were made inside, such as an agent's answer: gives a copy that says
 * the same once it was written as JSON and read again. `JSON.stringify` alone would make null of
 * NaN, {} of a Map and nothing of undefined; all that it would change is refused with its place.
 */
export function toJson(value: unknown): AsJson {
  const walk: Walk = { path: [], ancestors: [], chars: 0, keys: 0 };
  try {
    return { ok: true, value: copyOf(value, walk) };
  } catch (error) {
    if (error instanceof NotJson) return error.answer;
    // A getter or a proxy may throw whatever it likes.
    const found = `what can't be read: ${String((error as Error | null)?.message ?? 'an error')}`;
    return new NotJson(walk, 'JSON_MALFORMED', `${found}; give plain values`).answer;
  }
}

/** A path as JSON Pointer writes it; a text for the root too. */
export function placeOf(path: readonly (string | number)[]): string {
  const parts = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return parts.length === 0 ? 'the value' : parts.join('');
}

/** A parsed value with 0 in place of each -0. */
export function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return isMinusZero(value) ? 0 : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) members[key] = withoutMinusZero(members[key]);
  return value;
}

interface Walk {
  readonly path: (string | number)[];
  /** Objects that hold what is looked at: one that holds itself has no end. */
  readonly ancestors: object[];
  chars: number;
  keys: number;
}

/** Carries the answer out of the walk; it never leaves this file. */
class NotJson extends Error {
  readonly answer: AsJson & { readonly ok: false };

  constructor({ path }: Walk, code: ErrorCode, found: string) {
    super(found);
    this.answer = { ok: false, code, path: [...path], found };
  }
}

function copyOf(value: unknown, walk: Walk): Json {
  grow(walk, 1);
  switch (typeof value) {
    case 'string':
      return textOf(value, walk);
    case 'number': {
      const why = whyNotKept(value);
      if (why === null) return isMinusZero(value) ? 0 : value;
      const found = `${String(value)}, where it was ${why}`;
      throw new NotJson(walk, 'JSON_NUMBER_INEXACT', `${found}; give null or text`);
    }
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyOfObject(value, walk);
    case 'undefined':
      throw new NotJson(walk, 'JSON_MALFORMED', 'undefined; give null, or leave the key out');
    case 'bigint':
      throw new NotJson(
        walk,
        'JSON_MALFORMED',
        `the BigInt ${shown(value)}; give a number or text`,
      );
    case 'function':
      throw new NotJson(walk, 'JSON_MALFORMED', 'a function; give what it answers');
    case 'symbol':
      throw new NotJson(walk, 'JSON_MALFORMED', 'a symbol; give text');
  }
}

function shown(value: bigint): string {
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function textOf(text: string, walk: Walk): string {
  grow(walk, text.length + 1);
  if (text.isWellFormed()) return text;
  const at = text.search(/\p{Surrogate}/u);
  const found = `text with half a character (a lone surrogate) at character ${at}`;
  throw new NotJson(walk, 'JSON_MALFORMED', `${found}; cut text between characters`);
}

function copyOfObject(value: object, walk: Walk): Json {
  const { ancestors } = walk;
  if (ancestors.includes(value)) {
    throw new NotJson(walk, 'JSON_MALFORMED', 'a value that holds itself; give plain data');
  }
  if (ancestors.length >= LIMITS.jsonDepthMax) {
    const found = `more than ${LIMITS.jsonDepthMax} levels`;
    throw new NotJson(walk, 'JSON_TOO_DEEP', `${found}; flatten it`);
  }
  ancestors.push(value);
  const copy = Array.isArray(value) ? copyOfList(value, walk) : copyOfMembers(value, walk);
  ancestors.pop();
  return copy;
}

function copyOfList(list: readonly unknown[], walk: Walk): Json {
  const { length } = list;
  // An array's keys are its indexes, unless it has holes or members beside its items.
  const keys = Object.keys(list).length;
  if (keys !== length) {
    const found = keys < length ? 'a list with holes' : 'a list with members beside its items';
    throw new NotJson(walk, 'JSON_MALFORMED', `${found}; give a plain array`);
  }
  const items: Json[] = [];
  for (let at = 0; at < length; at++) {
    walk.path.push(at);
    items.push(copyOf(list[at], walk));
    walk.path.pop();
  }
  return items;
}

function copyOfMembers(value: object, walk: Walk): Json {
  checkPlain(value, walk);
  const copy: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    walk.path.push(key);
    walk.keys += 1;
    if (FORBIDDEN_KEYS.has(key)) {
      throw new NotJson(walk, 'JSON_FORBIDDEN_KEY', 'a key that is not allowed; rename it');
    }
    if (walk.keys > LIMITS.jsonKeysMax) {
      const found = `more than ${LIMITS.jsonKeysMax} keys`;
      throw new NotJson(walk, 'LIMIT_EXCEEDED', `${found}; give large data by reference`);
    }
    textOf(key, walk);
    copy[key] = copyOf(member, walk);
    walk.path.pop();
  }
  return copy;
}

/** Maps, dates and objects of classes have content that JSON would drop or change. */
function checkPlain(value: object, walk: Walk): void {
  const parent: unknown = Object.getPrototypeOf(value);
  // Objects of another realm, as of a test's, have another Object.prototype.
  const isPlain = parent === null || Object.getPrototypeOf(parent) === null;
  if (isPlain && Object.getOwnPropertySymbols(value).length === 0) return;
  const name = classOf(value);
  const remedy = (isPlain ? undefined : REMEDIES[name]) ?? 'give a plain object';
  const found = isPlain ? 'an object with symbols as keys' : `an object of class ${name}`;
  throw new NotJson(walk, 'JSON_MALFORMED', `${found}; ${remedy}`);
}

function classOf({ constructor: made }: { readonly constructor?: unknown }): string {
  return typeof made === 'function' ? made.name : 'unknown';
}

const REMEDIES: Readonly<Record<string, string>> = {
  Date: 'give its text, as toISOString() writes it',
  Map: 'give Object.fromEntries(…) of it',
  Set: 'give a list',
};

/** Bounds the copy: values that share parts may be far larger than they look. */
function grow(walk: Walk, chars: number): void {
  walk.chars += chars;
  if (walk.chars <= LIMITS.commandBytesMax) return;
  const found = `more than ${LIMITS.commandBytesMax} characters of JSON`;
  throw new NotJson(walk, 'PAYLOAD_TOO_LARGE', `${found}; give large data by reference`);
}
