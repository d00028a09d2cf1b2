import { connect } from 'node:net';
import { ROUTES } from '@fermata/contracts';
import { createEdge } from '@fermata/service';
import { Module } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
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
steps: {echo: {capability: echo, input: {}}}
`,
};

let services: Services;

beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
  });
}

const portOf = (url: string): number => Number(new URL(url).port);

describe('every route of the contracts', () => {
  const cases = ROUTES.map(({ method, path }) => [method.toUpperCase(), path] as const);

  it.each(cases)('is there: %s %s', async (method, path) => {
    const at = path.replaceAll(/\{\w+\}/g, 'none');
    const body = method === 'GET' ? undefined : '{}';
    const answer = await services.send('operator', method, at, body);
    expect(answer.body?.detail ?? '').not.toMatch(/expected a route/);
    expect(answer.status).not.toBe(405);
    expect(answer.status).toBeLessThan(500);
  });

  it.each(cases)('answers another method with those that it knows: %s %s', async (_, path) => {
    const at = path.replaceAll(/\{\w+\}/g, 'none');
    const allowed = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    for (const method of ['TRACE', 'DELETE', 'PATCH', 'PROPFIND']) {
      const { authorization } = services.authorization('operator');
      const head = `${method} ${at} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n`;
      const answer = await raw(portOf(services.fermata.url), `${head}Connection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 405 /);
      const allow = /^allow: (.*)$/im.exec(answer)?.[1]?.toLowerCase().split(', ');
      expect(allow).toEqual(expect.arrayContaining(allowed));
    }
  });

  it('and no other path is', async () => {
    expect(await services.get('operator', '/v1/other')).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', detail: expect.stringMatching(/found none for GET \/v1\/other;/) },
    });
  });
});

describe('a query', () => {
  const cursors = [['9'.repeat(30), 'x'], [1e300, 'x'], [-1, 'x'], ['a'], {}].map((key) =>
    Buffer.from(JSON.stringify(key)).toString('base64url'),
  );
  const lists = ROUTES.filter(({ query }) => query !== undefined).map(({ path }) => path);

  it.each(lists)('that no list knows is refused, never an error of ours: %s', async (path) => {
    const { body } = await services.post('operator', '/v1/runs', { workflow: 'flow', input: {} });
    const at = path.replaceAll(/\{\w+\}/g, body.run);
    const wrong = [
      ...cursors.map((cursor) => `cursor=${cursor}`),
      ...['cursor=%00', 'cursor=a&cursor=b', 'cursor=9999999999999999999999/x', 'cursor=../..'],
      ...[
        'limit=0',
        'limit=1001',
        'limit=1e9',
        'limit=x',
        'limit=',
        'colour=red',
        'limit=1&limit=2',
      ],
    ];
    for (const query of wrong) {
      expect(await services.get('operator', `${at}?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'COMMAND_MALFORMED', detail: expect.stringMatching(/expected/) },
      });
    }
  });
});

describe('an answer', () => {
  it.each(['/v1/runs', '/openapi.json', '/v1/nowhere', '/health/live'])(
    'is data for programs, for no browser to guess, frame, or keep: %s',
    async (path) => {
      const answer = await fetch(services.fermata.url + path, {
        headers: services.authorization('operator'),
      });
      const header = (name: string) => answer.headers.get(name);
      expect(header('x-content-type-options')).toBe('nosniff');
      expect(header('referrer-policy')).toBe('no-referrer');
      expect(header('content-security-policy')).toContain("default-src 'none'");
      expect(header('cache-control')).toBe('no-store');
      expect(header('x-powered-by')).toBeNull();
    },
  );
});

describe('a request that is not sent to its end', () => {
  it('is let go of after a while, whether its head or its body is missing', async () => {
    @Module({})
    class Empty {}
    const times = { headersMs: 200, requestMs: 400, lookEveryMs: 50 };
    const app = await createEdge({ module: Empty }, times);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    try {
      expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /);
      const half = 'POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{';
      expect(await raw(port, half)).toMatch(/^HTTP\/1\.1 (404|408) /);
    } finally {
      await app.close();
    }
  });
});

describe('readiness', () => {
  it('asks the database once a second at most, however often anybody asks', async () => {
    const { log } = services.fermata;
    const end = log.end.bind(log);
    let asked = 0;
    log.end = (...args) => {
      asked += 1;
      return end(...args);
    };
    try {
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => services.get('nobody', '/health/ready')),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(asked).toBeLessThanOrEqual(2 * log.partitions);
    } finally {
      log.end = end;
    }
  });
});
