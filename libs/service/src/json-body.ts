import { Fault, LIMITS, readJson, readUtf8 } from '@fermata/contracts';
import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body as JSON: bytes first, so that size, depth and keys are checked before
 * anything is parsed (rule R15). An empty body is null.
 */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'];
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not end the connection: the client's next request may already be in it.
  const read = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of read) {
    size += chunk.length;
    if (size > LIMITS.commandBytesMax) break;
    chunks.push(chunk);
  }
  if (size > LIMITS.commandBytesMax) {
    // What is still to come is let go; the server ends a request that takes too long.
    request.resume();
    const found = `expected a body of at most ${LIMITS.commandBytesMax} bytes, found more`;
    throw new Fault('PAYLOAD_TOO_LARGE', `${found}; send large data by reference`);
  }
  if (size === 0) return null;
  if (type === undefined || !/^application\/(?:[a-z.+-]+\+)?json\b/i.test(type)) {
    const found = `expected content type application/json, found ${type ?? 'none'}`;
    throw new Fault('COMMAND_MALFORMED', `${found}; set the Content-Type header`);
  }
  return readJson(readUtf8(Buffer.concat(chunks), 'a body'));
}
