import type { Json, JsonObject } from '@fermata/contracts';

/** Whether a JSON value is a list. `Array.isArray` makes `any` of what a JSON value's type is. */
export const isList: (value: Json | undefined) => value is readonly Json[] = Array.isArray;

/** What a JSON value lists; nothing when it is no list. */
export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

/** A JSON value where only text means something: what is none reads as its JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
