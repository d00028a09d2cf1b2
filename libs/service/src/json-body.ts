import { Fault, LIMITS, readJson, readUtf8 } from '@fermata/contracts';
import type { IncomingMessage } from 'node:http';
import { BodyRoom } from './body-room';
import { tenantOf } from './token-guard';

/**
 * Reads a request's body as JSON: bytes first, so that size, depth and keys are checked before
 * anything is parsed (rule R15). An empty body is null.
 */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'];
  const place = ROOM.enter(tenantOf(request) ?? '');
  try {
    const body = await bytesOf(request, place.grow);
    if (body.length === 0) return null;
    if (type === undefined || !/^application\/(?:[a-z.+-]+\+)?json\b/i.test(type)) {
      const found = `expected content type application/json, found ${type ?? 'none'}`;
      throw new Fault('COMMAND_MALFORMED', `${found}; set the Content-Type header`);
    }
    return readJson(readUtf8(body, 'a body'));
  } catch (error) {
    // What is still to come is let go; the server ends a request that takes too long.
    request.resume();
    throw error;
  } finally {
    place.leave();
  }
}

/** One for the process: its memory is what all requests share. */
const ROOM = new BodyRoom();

async function bytesOf(request: IncomingMessage, grow: (size: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not end the connection: the client's next request may already be in it.
  const read = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of read) {
    size += chunk.length;
    if (size > LIMITS.commandBytesMax) {
      const found = `expected a body of at most ${LIMITS.commandBytesMax} bytes, found more`;
      throw new Fault('PAYLOAD_TOO_LARGE', `${found}; send large data by reference`);
    }
    grow(size);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
