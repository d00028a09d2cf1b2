// A credit bureau: a service of its own, with no part of Fermata in it, that an `http` agent calls.
//   POST /records {"input": {"nationalId": "…"}, …}  →  the record, or problem+json
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

const BYTES_MAX = 64 * 1024;
const records = JSON.parse(
  readFileSync(join(import.meta.dirname, 'records.json'), 'utf8'),
) as Record<string, object>;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BYTES_MAX) throw new Error(`expected at most ${BYTES_MAX} bytes, found more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: object): void {
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/records') {
    return answer(response, 404, { code: 'NOT_FOUND', detail: 'expected POST /records' });
  }
  let nationalId: unknown;
  try {
    const asked = JSON.parse(await textOf(request)) as { input?: { nationalId?: unknown } } | null;
    nationalId = asked?.input?.nationalId;
  } catch (error) {
    return answer(response, 400, { code: 'BODY_INVALID', detail: String(error) });
  }
  if (typeof nationalId !== 'string') {
    const detail = 'expected a text in input.nationalId, found none';
    return answer(response, 400, { code: 'BODY_INVALID', detail });
  }
  const record = Object.hasOwn(records, nationalId) ? records[nationalId] : undefined;
  if (record !== undefined) return answer(response, 200, { nationalId, ...record });
  const detail = `expected a person known to the bureau, found none with id ${nationalId}`;
  return answer(response, 404, { code: 'RECORD_NOT_FOUND', detail });
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    answer(response, 500, { code: 'INTERNAL', detail: String(error) });
  });
});
server.listen(Number(process.env['PORT'] ?? 0), process.env['HOST'] ?? '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ listening: port })}\n`);
});
const stop = (): void => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// Started by another program, it ends with it: the pipe closes however that one ends.
if (process.env['EXIT_WITH_PARENT'] === '1') process.stdin.resume().once('end', stop);
