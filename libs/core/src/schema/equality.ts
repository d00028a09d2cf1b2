import type { Json } from '@fermata/contracts';
import { isList, isObject } from '../handoff/json-object';

/** Whether two values are the same JSON: the order of keys says nothing. */
export function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && equal(a, b);
}

/** Steps that looking at all of a value takes: its members, and the characters of its texts. */
export function sizeOf(value: Json): number {
  let size = 0;
  const open: Json[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    size += 1;
    if (typeof next === 'string') size += next.length >> 3;
    else if (isList(next)) for (const item of next) open.push(item);
    else if (isObject(next)) {
      for (const [key, member] of Object.entries(next)) {
        size += key.length >> 3;
        open.push(member);
      }
    }
  }
  return size;
}
