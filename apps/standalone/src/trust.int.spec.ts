import { canonicalJson, encodeCommand, nameOfDefinition, type Json } from '@fermata/contracts';
import { definitionHash } from '@fermata/core';
import { Services, type Answer, type Hand } from './standalone.fixture';

const CLASS = `{attemptsMax: 2, backoff: {initial: 10ms, factor: 1, max: 10ms}, timeout: 10s}`;
const FILES = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `
name: plain
version: 1.0.0
classes: {reasoning: ${CLASS}, read: ${CLASS}, effect: ${CLASS}}
`,
  'agents.yaml': `
agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      echo: {module: ./agents.mjs, export: echo, risk: read, input: {required: [text]}}
`,
  'agents.mjs': 'export const echo = async (input) => input;',
  'bomb.mjs': 'globalThis.fermataBomb = true; export const echo = () => 1;',
  'flow.yaml': `
name: flow
version: 1.0.0
policy: plain@1.0.0
steps: {say: {capability: echo, input: {text: '"hello"'}}}
`,
};

const CLASS_JSON = {
  attemptsMax: 2,
  backoff: { initial: '10ms', factor: 1, max: '10ms' },
  timeout: '10s',
};
const POLICY = {
  name: 'plain',
  version: '1.0.0',
  classes: { reasoning: CLASS_JSON, read: CLASS_JSON, effect: CLASS_JSON },
};
const ECHO = {
  module: './agents.mjs',
  export: 'echo',
  risk: 'read',
  input: { required: ['text'] },
};
const DESK = { name: 'desk', version: '1.0.0', kind: 'function', capabilities: { echo: ECHO } };

/** What an author hands in: a workflow of their own, with these agents and this policy. */
function handIn(name: string, agent: object = DESK, policy: object = POLICY) {
  const steps = { say: { capability: 'echo', input: { text: '"hello"' } } };
  const { name: rules, version } = policy as typeof POLICY;
  const workflow = { name, version: '1.0.0', policy: `${rules}@${version}`, steps };
  return { workflow, policy, agents: [agent] };
}

let services: Services;
beforeAll(async () => {
  services = await Services.start(FILES);
});
afterAll(() => services.stop());

const put = (hand: Hand, body: unknown): Promise<Answer> =>
  services.send(hand, 'PUT', '/v1/workflows', JSON.stringify(body));

const code = ({ status, body }: Answer): unknown => ({ status, code: body.code });

describe("an author's function agent", () => {
  const echo = (more: object) => ({ ...DESK, capabilities: { echo: { ...ECHO, ...more } } });

  it.each([
    ['another module of the project', echo({ module: './bomb.mjs' })],
    ['a package', echo({ module: './node_modules/pack/index.js' })],
    ['a path out of the project', echo({ module: '../../etc/passwd' })],
    ['a url with code', echo({ module: 'data:text/javascript,export default 1' })],
    ['another export', echo({ export: 'constructor' })],
    ['contracts of its own', echo({ input: {} })],
    ['another class', echo({ risk: 'effect', idempotent: true })],
    ['another name', { ...DESK, name: 'own' }],
    ['another version', { ...DESK, version: '1.0.1' }],
    ['more places', { ...DESK, concurrencyMax: 10_000 }],
  ])('is refused at deployment when it brings %s', async (what, agent) => {
    const name = `with-${what.replaceAll(' ', '-')}`;
    for (const hand of ['author', 'operator'] as const) {
      const answer = await put(hand, handIn(name, agent));
      expect(code(answer)).toEqual({ status: 403, code: 'AGENT_NOT_REGISTERED' });
      expect(answer.body.detail).toMatch(/ask the operator to load it/);
    }
    expect('fermataBomb' in globalThis).toBe(false);
  });

  it('is refused of a tenant for whom nobody loaded it', async () => {
    const answer = await put('stranger', handIn('theirs'));
    expect(code(answer)).toEqual({ status: 403, code: 'AGENT_NOT_REGISTERED' });
    expect(answer.body.detail).toMatch(/registered: none/);
  });

  it('may be named as it is registered', async () => {
    expect((await put('author', handIn('mine'))).status).toBe(200);
    const ended = await services.ended(await services.run('mine'));
    expect(ended).toMatchObject({ status: 'completed', output: { say: { text: 'hello' } } });
  });

  it.each([
    ['another module', 'local', './bomb.mjs'],
    ['another tenant', 'other', './agents.mjs'],
  ])('is refused again at the attempt, past every edge, for %s', async (_, tenant, module) => {
    const definition = handIn('smuggled', echo({ module }));
    const hash = definitionHash(definition as never);
    const { log } = services.fermata;
    await log.putLatest(nameOfDefinition(hash), canonicalJson(definition as unknown as Json));
    const run = `smuggled-${tenant}`;
    const command = {
      id: run,
      source: 'test',
      tenant,
      run,
      time: Date.now(),
      actor: 'user:author',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: 'smuggled', version: '1.0.0', hash }, input: {} },
    };
    const failed = new Promise<unknown>((resolve) => {
      services.fermata.desk.listen(({ entries }) => {
        for (const { event } of entries) {
          if (event.run === run && event.type === 'RunFailed') resolve(event.data);
        }
      });
    });
    await log.send([encodeCommand(command as never)]);
    expect(await failed).toMatchObject({ step: 'say', code: 'AGENT_NOT_REGISTERED' });
    expect('fermataBomb' in globalThis).toBe(false);
  });
});

describe('a policy', () => {
  const open = {
    ...POLICY,
    classes: { ...POLICY.classes, effect: { ...CLASS_JSON, gate: 'never' } },
  };

  it('keeps its content: who brings its name and version with another is refused', async () => {
    for (const hand of ['author', 'operator'] as const) {
      const answer = await put(hand, handIn('opened', DESK, open));
      expect(code(answer)).toEqual({ status: 409, code: 'DEFINITION_CONFLICT' });
      expect(answer.body.detail).toMatch(/plain@1\.0\.0/);
    }
  });

  it('is brought by its owner; an author may refer to it, and bring none', async () => {
    const fresh = { ...open, name: 'fresh' };
    const refused = await put('author', handIn('with-fresh', DESK, fresh));
    expect(code(refused)).toEqual({ status: 403, code: 'PERMISSION_DENIED' });
    expect(refused.body.detail).toMatch(/fresh@1\.0\.0 to be deployed by a policy owner/);
    const bring = (hand: Hand) => services.send(hand, 'PUT', '/v1/policies', JSON.stringify(fresh));
    expect((await bring('author')).status).toBe(403);
    expect((await bring('operator')).body).toMatchObject({ name: 'fresh', version: '1.0.0' });
    expect((await put('author', handIn('with-fresh', DESK, fresh))).status).toBe(200);
  });

  it('stands with its digest in the events that it influenced', async () => {
    const run = await services.run('flow');
    await services.ended(run);
    const { body } = await services.get('requester', `/v1/runs/${run}/events`);
    const named = body.events.filter(({ data }: Answer['body']) => data.policy !== undefined);
    expect(named.length).toBeGreaterThanOrEqual(2);
    for (const { data } of named) {
      expect(data.policy).toEqual({ ...data.policy, digest: expect.stringMatching(/^\w{64}$/) });
    }
  });
});

describe('what a deployment is told', () => {
  it('is that nobody is in a group that a gate asks', async () => {
    const gate = {
      title: 'Go on?',
      groups: ['underwriters', 'nobody'],
      due: '1h',
      onDue: 'reject',
    };
    const steps = { ask: { gate: { ...gate, show: { a: 'run.input' } } } };
    const handed = handIn('asks-nobody', DESK);
    const answer = await put('operator', { ...handed, workflow: { ...handed.workflow, steps } });
    expect(answer.status).toBe(200);
    const path = ['workflow', 'steps', 'ask', 'gate', 'groups', 1];
    expect(answer.body.warnings).toEqual([
      { code: 'GROUP_EMPTY', path, message: expect.stringContaining('nobody has "nobody"') },
    ]);
  });

  it('is that no runner would call its http agent', async () => {
    const capabilities = { echo: { risk: 'read' } };
    const kind = { kind: 'http', url: 'http://10.0.0.5:9000', capabilities };
    const agent = { name: 'far', version: '1.0.0', ...kind };
    const answer = await put('operator', handIn('calls-inside', agent));
    expect(code(answer)).toEqual({ status: 403, code: 'AGENT_ADDRESS_REFUSED' });
  });
});

describe('one version', () => {
  it('has one content, whoever deploys it at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        ['1m', '2m', '3m', '4m'].map((timeout) => {
          const body = handIn(`race-${round}`);
          return put('operator', { ...body, workflow: { ...body.workflow, timeout } });
        }),
      );
      const taken = answers.filter(({ status }) => status === 200);
      expect(taken).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect(code(answer)).toEqual({ status: 409, code: 'DEFINITION_CONFLICT' });
      }
      const { body } = await services.get('requester', '/v1/workflows');
      const [stored] = body.workflows.filter(
        ({ name }: Answer['body']) => name === `race-${round}`,
      );
      expect(stored.hash).toBe(taken[0]?.body.hash);
    }
  });

  it('of a function agent is not taken by an author who brings an HTTP agent first', async () => {
    const later = { name: 'desk', version: '2.0.0' };
    const http = {
      kind: 'http',
      url: 'https://a.example.com',
      capabilities: { echo: { risk: 'read' } },
    };
    expect((await put('author', handIn('squats', { ...later, ...http }))).status).toBe(200);
    const names = await services.fermata.log.listLatest('function-agent-content/local/');
    expect([...names.keys()]).toEqual(['function-agent-content/local/desk@1.0.0']);
  });

  it('of an http agent has one content too', async () => {
    const http = (url: string) => ({
      ...{ name: 'bureau', version: '1.0.0', kind: 'http', url },
      capabilities: { echo: { risk: 'read' } },
    });
    expect((await put('author', handIn('asks', http('https://a.example.com')))).status).toBe(200);
    const other = await put('author', handIn('asks-other', http('https://b.example.com')));
    expect(code(other)).toEqual({ status: 409, code: 'DEFINITION_CONFLICT' });
  });
});
