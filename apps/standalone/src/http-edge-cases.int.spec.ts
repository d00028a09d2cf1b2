import { pathTo, ROUTES, type Route, type RouteId } from '@fermata/contracts';
import { Services } from './standalone.fixture';

const CLASS = '{attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 10s}';
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
    capabilities:
      say: {module: ./agents.mjs, export: say, risk: read}
`,
  'agents.mjs': `export const say = async ({ text }) => {
  throw Object.assign(new Error(text), { code: 'SAID', retryable: false });
};`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps: {say: {capability: say, input: {text: run.input.text}}}
`,
};

let services: Services;

beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

describe('a request that names what can not be', () => {
  it.each([
    [404, 'NOT_FOUND', '/v1/runs/a%00b'],
    [404, 'NOT_FOUND', '/v1/runs/a%00b/events'],
    [404, 'NOT_FOUND', '/v1/runs/a%00b/events/stream'],
    [404, 'NOT_FOUND', '/v1/approvals/a%00b'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?status=%00'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?status=done'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?status=failed&status=completed'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?workflow=%00'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?before=yesterday/run-1'],
    [400, 'COMMAND_MALFORMED', '/v1/runs?before=1'],
    [400, 'COMMAND_MALFORMED', '/v1/approvals?state=%00'],
    [400, 'COMMAND_MALFORMED', '/v1/runs/%E0%A4%A'],
  ])('is answered with %d %s: %s', async (status, code, path) => {
    const answer = await services.get('requester', path);
    expect(answer).toMatchObject({
      status,
      type: expect.stringContaining('application/problem+json'),
      body: { status, code, detail: expect.stringMatching(/./) },
    });
  });

  it('of a run that is there is answered too: events behind no number', async () => {
    const run = await services.run('flow', { text: 'no' });
    expect(await services.get('requester', `/v1/runs/${run}/events?after=x`)).toMatchObject({
      status: 400,
      body: { code: 'COMMAND_MALFORMED', detail: expect.stringMatching(/after/) },
    });
  });

  it('to cancel or decide does not reach the log', async () => {
    expect(await services.post('requester', '/v1/runs/a%00b/cancel', {})).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
    expect(await services.decide('approver', 'a\u0000b', { decision: 'approve' })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });
});

describe('the same request', () => {
  it('sent many times at once is one run, and each sender hears of it', async () => {
    const body = { workflow: 'flow', input: { text: 'no' } };
    const key = { 'idempotency-key': 'at-once' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => services.post('requester', '/v1/runs', body, key)),
    );
    expect(new Set(answers.map((answer) => answer.body.run)).size).toBe(1);
    expect(answers.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
    const { body: listed } = await services.get('requester', '/v1/runs?limit=1000');
    const same = listed.runs.filter(({ run }: { run: string }) => run === answers[0]?.body.run);
    expect(same).toHaveLength(1);
  });
});

describe('what an agent or a person says', () => {
  const odd = 'a\u0000b';

  it('stops nothing, whatever characters it holds', async () => {
    const failed = await services.run('flow', { text: odd });
    expect(await services.ended(failed)).toMatchObject({
      status: 'failed',
      problem: { code: 'SAID', message: 'a\ufffdb' },
    });
    const replayed = await services.post('requester', `/v1/runs/${failed}/replay`, {});
    expect(replayed.body).toMatchObject({ equal: true });
  });
});

describe('a request that is wrong in all its parts', () => {
  const ask = (hand: 'nobody' | 'author', { id, method }: Route) => {
    const path = pathTo(id as RouteId, {
      run: '\0',
      step: '\0',
      label: '\0',
      gate: '\0',
      letter: '\0',
    });
    const body = method === 'get' ? undefined : '{';
    return services.send(hand, method.toUpperCase(), `${path}?limit=x&state=x`, body);
  };
  const closed = ROUTES.filter(({ isOpen }) => isOpen !== true);
  const others = closed.filter(({ roles }) => roles && !roles.includes('author'));

  it.each(closed)('tells nobody more than that a token is needed: $id', async (route) => {
    expect(await ask('nobody', route)).toMatchObject({
      status: 401,
      body: { code: 'TOKEN_INVALID' },
    });
  });

  it.each(others)('tells who lacks the role no more than the role: $id', async (route) => {
    expect(await ask('author', route)).toMatchObject({
      status: 403,
      body: { code: 'PERMISSION_DENIED' },
    });
  });
});
