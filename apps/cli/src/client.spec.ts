import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiProblem, Client, type EventView } from './client';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let answers: Answer[];
let askedAfter: (string | undefined)[];
let client: Client;

beforeEach(async () => {
  askedAfter = [];
  server = createServer((request, response) => {
    askedAfter.push(request.headers['last-event-id']?.toString());
    const [next] = answers.splice(0, 1);
    if (next === undefined) response.destroy();
    else next(response, request);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new Client({ url, token: 't' }, 1);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const block = (sequence: number, type = 'StepCompleted', data: object = {}) =>
  `id: ${sequence}\nevent: ${type}\ndata: ${JSON.stringify({ sequence, type, at: '', actor: '', data })}\n\n`;

/** Answers with a stream of this text, in pieces of some bytes, and then ends or breaks it. */
function stream(text: string, how: 'ends' | 'breaks', bytes = 1_000): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const whole = Buffer.from(text);
    for (let at = 0; at < whole.length; at += bytes) response.write(whole.subarray(at, at + bytes));
    if (how === 'ends') response.end();
    else response.write(': still here\n\n', () => response.destroy());
  };
}

const problem =
  (status: number, code: string): Answer =>
  (response) =>
    void response.writeHead(status).end(JSON.stringify({ code, detail: 'expected another' }));

async function followed(after = 0): Promise<EventView[]> {
  const events: EventView[] = [];
  for await (const event of client.follow('run-1', after)) events.push(event);
  return events;
}

const sequences = async (after?: number) => (await followed(after)).map(({ sequence }) => sequence);

describe('following a run', () => {
  it('ends with the run, after the last event that comes with its end', async () => {
    answers = [stream(block(1) + block(2, 'RunCompleted') + block(3, 'CheckpointReached'), 'ends')];
    expect(await sequences()).toEqual([1, 2, 3]);
    expect(askedAfter).toEqual(['0']);
  });

  it('puts events together that come in pieces, in the middle of a letter too', async () => {
    const data = { note: 'é – 😀' };
    answers = [stream(block(1, 'RunFailed', data), 'ends', 1)];
    expect(await followed()).toMatchObject([{ sequence: 1, data }]);
  });

  it('passes over what is no event', async () => {
    answers = [stream(`: hello\n\nretry: 100\n\n${block(1, 'RunCancelled')}`, 'ends')];
    expect(await sequences()).toEqual([1]);
  });

  it.each(['ends', 'breaks'] as const)(
    'asks again behind the last event seen when the stream %s too early',
    async (how) => {
      answers = [
        stream(block(5) + block(6), how),
        stream('', how),
        stream(block(7) + block(8, 'RunTimedOut'), 'ends'),
      ];
      expect(await sequences(4)).toEqual([5, 6, 7, 8]);
      expect(askedAfter).toEqual(['4', '6', '6']);
    },
  );

  it('ends at once when all of an ended run was seen', async () => {
    answers = [(response) => void response.writeHead(204).end()];
    expect(await sequences(9)).toEqual([]);
  });

  it('says what the services refuse, also when they do so later', async () => {
    answers = [problem(404, 'NOT_FOUND')];
    await expect(followed()).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
    answers = [stream(block(1), 'breaks'), problem(403, 'TOKEN_INVALID')];
    await expect(followed()).rejects.toBeInstanceOf(ApiProblem);
  });

  it('gives up at once when nobody answered even once', async () => {
    answers = [];
    await expect(followed()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(askedAfter).toHaveLength(1);
  });

  it('gives up when nobody answers for long', async () => {
    answers = [stream(block(1), 'ends')];
    await expect(followed()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(askedAfter.length).toBeGreaterThan(50);
  });
});
