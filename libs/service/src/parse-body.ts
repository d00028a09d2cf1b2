import { Fault } from '@fermata/contracts';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { jsonBody } from './json-body';

/** Reads a request's body and checks it against a schema. */
export async function parseBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse((await jsonBody(request)) ?? {});
  if (parsed.success) return parsed.data;
  const found = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  throw new Fault('COMMAND_MALFORMED', `expected another body, found: ${found}; see /openapi.json`);
}
