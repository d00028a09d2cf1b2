import { Fault } from '@fermata/contracts';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
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
  const found = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  const message = `expected another ${part}, found: ${found}; see /openapi.json`;
  throw new Fault('COMMAND_MALFORMED', message);
}
