import { Fault, shorten } from '@fermata/contracts';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { jsonBody } from './json-body';

/** Reads a request's body and checks it against a schema. */
export async function parseBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  return checked('body', (await jsonBody(request)) ?? {}, schema);
}

/** Checks a request's query against a schema. */
export function parseQuery<T>(query: unknown, schema: z.ZodType<T>): T {
  return checked('query', query, schema);
}

function checked<T>(part: 'body' | 'query', value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues.slice(0, TOLD_MAX).map((issue) => foundIn(value, issue));
  const message = `expected a ${part} as /openapi.json describes it, found ${found.join('; ')}`;
  throw new Fault('COMMAND_MALFORMED', `${message}; correct it`);
}

/** Faults that one answer tells; more are told when these are corrected. */
const TOLD_MAX = 8;
/** Characters of a value, a field's name or a path that an answer repeats. */
const SHOWN_MAX = 80;

/** What is wrong at one place: what was found there, where it stands, and what the schema says. */
function foundIn(value: unknown, issue: z.core.$ZodIssue): string {
  const path = cut(issue.path.map((key) => `/${String(key)}`).join(''));
  const place = path === '' ? '' : ` at ${path}`;
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, TOLD_MAX).map((key) => cut(JSON.stringify(key)));
    return `the unknown ${keys.length === 1 ? 'field' : 'fields'} ${keys.join(', ')}${place}`;
  }
  const at = issue.path.reduce<unknown>(memberOf, value);
  if (at === undefined) return `nothing${place}, which is needed`;
  return `${cut(JSON.stringify(at))}${place} (${issue.message})`;
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}

function cut(text: string): string {
  return shorten(text, SHOWN_MAX + 1);
}
