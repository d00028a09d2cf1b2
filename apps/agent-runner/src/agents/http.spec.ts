import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressGuard } from '../address-guard';
import { allowedHost } from '@fermata/sdk';
import { failureOf, type AgentContext } from '../agent';
import { httpAgent } from './http';

type Handler = (request: IncomingMessage, answer: ServerResponse, body: string) => void;

let server: Server;
let handle: Handler;
let address: string;
let guard: AddressGuard;

async function serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  handle(request, answer, Buffer.concat(chunks).toString());
}

beforeAll(async () => {
  server = createServer((request, answer) => void serve(request, answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  address = `http://127.0.0.1:${port}/score`;
  guard = new AddressGuard([allowedHost(`acme=http://127.0.0.1:${port}`)]);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const KEY = 'a'.repeat(64);
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function context(changed: Partial<AgentContext> = {}): AgentContext {
  return {
    tenant: 'acme',
    run: 'run-1',
    step: 'score',
    attempt: { id: 'run-1/score/1', number: 1 },
    idempotencyKey: KEY,
    signal: new AbortController().signal,
    deadlineAt: Date.now() + 5_000,
    traceparent: TRACE,
    heartbeat: () => undefined,
    ...changed,
  };
}

const check = (url: string) => guard.check(url, 'acme');
const ask = (changed: Partial<AgentContext> = {}) =>
  httpAgent(check, address)({ amount: 7 }, context(changed));

describe('an http agent', () => {
  it('is sent the attempt, its key and its trace, and gives its answer', async () => {
    let seen: unknown;
    handle = (request, answer, body) => {
      const { 'idempotency-key': key, traceparent } = request.headers;
      seen = { method: request.method, key, traceparent, body: JSON.parse(body) };
      answer.end('{"score": 3}');
    };
    expect(await ask({ deadlineAt: 1_900_000_000_000 })).toEqual({ score: 3 });
    expect(seen).toEqual({
      method: 'POST',
      key: KEY,
      traceparent: TRACE,
      body: {
        tenant: 'acme',
        run: 'run-1',
        step: 'score',
        attempt: { id: 'run-1/score/1', number: 1 },
        idempotencyKey: KEY,
        deadline: '2030-03-17T17:46:40.000Z',
        input: { amount: 7 },
      },
    });
  });

  it.each([
    [400, false],
    [404, false],
    [422, false],
    [408, true],
    [409, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
  ])('that answers %d is asked again: %s', async (status, retryable) => {
    handle = (_, answer) => answer.writeHead(status).end();
    await expect(ask()).rejects.toMatchObject({ code: 'AGENT_FAILED', retryable });
  });

  it('says in a problem document what is wrong', async () => {
    handle = (_, answer) =>
      answer.writeHead(404).end('{"code": "RECORD_NOT_FOUND", "detail": "expected a record"}');
    await expect(ask()).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
      message: 'expected a record',
      retryable: false,
    });
  });

  it('says when to come back', async () => {
    handle = (_, answer) => answer.writeHead(429, { 'retry-after': '7' }).end();
    await expect(ask()).rejects.toMatchObject({ retryable: true, retryAfterMs: 7_000 });
  });

  it('says when to come back by a date, or in so long that a day will do', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    handle = (_, answer) => answer.writeHead(503, { 'retry-after': inAMinute }).end();
    const { retryAfterMs } = failureOf(await ask().catch((failure: unknown) => failure));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    handle = (_, answer) => answer.writeHead(503, { 'retry-after': '99999999' }).end();
    await expect(ask()).rejects.toMatchObject({ retryAfterMs: 86_400_000 });
    handle = (_, answer) => answer.writeHead(503, { 'retry-after': 'soon' }).end();
    await expect(ask()).rejects.toMatchObject({ retryAfterMs: undefined });
  });

  it('is not followed elsewhere: where it sends us was never checked', async () => {
    handle = (_, answer) =>
      answer.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    await expect(ask()).rejects.toMatchObject({ code: 'AGENT_FAILED', retryable: false });
  });

  it('that answers no JSON, or JSON that could reach into ours, is refused', async () => {
    handle = (_, answer) => answer.end('<html>');
    await expect(ask()).rejects.toMatchObject({ code: 'JSON_MALFORMED' });
    handle = (_, answer) => answer.end('{"__proto__": {}}');
    await expect(ask()).rejects.toMatchObject({ code: 'JSON_FORBIDDEN_KEY' });
    handle = (_, answer) => answer.end('{"n": 9007199254740993}');
    await expect(ask()).rejects.toMatchObject({ code: 'JSON_NUMBER_INEXACT' });
  });

  it('that answers no UTF-8 is refused with the place of the byte', async () => {
    handle = (_, answer) => answer.end(Buffer.from('{"name": "Mu\xf1oz"}', 'latin1'));
    const { code, message, retryable } = failureOf(await ask().catch((error: unknown) => error));
    expect({ code, retryable }).toEqual({ code: 'JSON_MALFORMED', retryable: false });
    expect(message).toContain('in UTF-8, found the byte 0xF1 at byte 12');
  });

  it('that answers too much is cut off', async () => {
    handle = (_, answer) => answer.end(`"${'x'.repeat(1_000_000)}"`);
    await expect(ask()).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
  });

  it('that does not answer by the deadline is given up, and may be asked again', async () => {
    handle = () => undefined;
    await expect(ask({ deadlineAt: Date.now() + 100 })).rejects.toMatchObject({
      code: 'AGENT_UNREACHABLE',
      retryable: true,
    });
  });

  it('hears when nobody waits for it any more', async () => {
    const abort = new AbortController();
    const gone = new Promise<void>((resolve) => {
      handle = (request) => {
        request.socket.once('close', () => resolve());
        abort.abort(new Error('the run was cancelled'));
      };
    });
    await expect(ask({ signal: abort.signal })).rejects.toThrow(/the run was cancelled/);
    await gone;
  });

  it('that nobody runs is out of reach, which may change', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const open = new AddressGuard([allowedHost(`acme=http://127.0.0.1:${port}`)]);
    const mayCall = (url: string) => open.check(url, 'acme');
    await expect(
      httpAgent(mayCall, `http://127.0.0.1:${port}/`)({}, context()),
    ).rejects.toMatchObject({
      code: 'AGENT_UNREACHABLE',
      retryable: true,
    });
  });
});
