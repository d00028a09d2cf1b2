import { z } from 'zod';

/** Any JSON value, deeply readonly. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object, deeply readonly. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * Schema of any JSON value. Shape only: depth, size and key checks are made on the bytes by
 * `scanJson` before anything is parsed.
 */
export const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);

/** Schema of a JSON object. */
export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected a JSON object',
);

/**
 * Text of a JSON value with object keys sorted by code unit, so that equal values have equal
 * text. It is what every digest in Fermata is computed over.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort()
    .filter((key) => object[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as Json)}`);
  return `{${members.join(',')}}`;
}
