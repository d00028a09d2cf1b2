import { connect, type Socket } from 'node:net';
import { Services } from './standalone.fixture';

const CLASS = '{attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 1m}';
const PROJECT = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes: {reasoning: ${CLASS}, read: ${CLASS}, effect: ${CLASS}}
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities: {echo: {module: ./agents.mjs, export: echo, risk: read}}
`,
  'agents.mjs': 'export const echo = async (input) => input;\n',
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps: {ask: {gate: {title: Well?, groups: [underwriters], show: {text: run.input.text}, due: 1h, onDue: reject}}}
`,
};

let services: Services;
let run: string;

beforeAll(async () => {
  services = await Services.start(PROJECT);
  run = await services.run('flow', { text: 'x'.repeat(500_000) });
  await services.gate(run);
  // 100 MB of events, as a long run has them.
  await services.ask(
    `INSERT INTO audit SELECT partition, 1000000 + n, epoch, seq, tenant, run, 1000 + n, type, actor,
       at, cause, traceparent, policy, data, prev_hash, hash
     FROM (SELECT * FROM audit WHERE run = $1 AND length(data) > 400000 LIMIT 1) a,
       generate_series(1, 200) n`,
    [run],
  );
}, 60_000);
afterAll(() => services.stop());

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Asks over a connection that takes in the head of an answer and then reads nothing more. */
function ask(path: string): Promise<{ readonly status: number; readonly socket: Socket }> {
  const { port } = new URL(services.fermata.url);
  const { authorization } = services.authorization('requester');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    socket.once('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`);
    socket.once('data', (bytes) => {
      socket.pause();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(bytes.toString())?.[1]), socket });
    });
  });
}

const STREAM = () => `/v1/runs/${run}/events/stream`;

describe('who opens streams and reads nothing', () => {
  it('costs a part of each in memory, and no more streams than a tenant may have', async () => {
    const before = process.memoryUsage().rss;
    const opened = await Promise.all(Array.from({ length: 64 }, () => ask(STREAM())));
    expect(opened.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 200));
    expect((await ask(STREAM())).status).toBe(429);
    const { body } = await services.get('requester', STREAM());
    expect(body).toMatchObject({ code: 'OVERLOADED', detail: expect.stringMatching(/close one/) });
    // All others are served meanwhile, each after what the streams could have asked for.
    for (let looks = 0; looks < 50; looks += 1) {
      expect((await services.get('requester', '/v1/runs')).status).toBe(200);
    }
    const grown = process.memoryUsage().rss - before;
    expect(grown).toBeLessThan(64 * 5_000_000);
  }, 60_000);

  it('is let go of with the connection, and may come again', async () => {
    for (;;) {
      const { status, socket } = await ask(STREAM());
      if (status === 200) break;
      socket.destroy();
    }
  }, 60_000);
});

describe('who reads slowly', () => {
  it('is told everything all the same', async () => {
    const { socket } = await ask(STREAM());
    let bytes = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        socket.pause();
        setImmediate(() => socket.resume());
        if (bytes > 50_000_000) resolve();
      });
      socket.resume();
    });
    expect(bytes).toBeGreaterThan(50_000_000);
  }, 60_000);
});
