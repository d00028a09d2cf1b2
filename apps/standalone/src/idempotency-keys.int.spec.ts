import { Services } from './standalone.fixture';

const CLASS = '{attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 10s}';
const flow = (name: string) => `name: ${name}
version: 1.0.0
policy: plain@1.0.0
steps: {ask: {gate: {title: Ask, groups: [underwriters], show: {run: run.id}, due: 1d, onDue: reject}}}
`;
const PROJECT = {
  'fermata.yaml': `workflows: [one.yaml, two.yaml]
policies: [policy.yaml]
agents: [agents.yaml]
`,
  'policy.yaml': `name: plain
version: 1.0.0
classes: {reasoning: ${CLASS}, read: ${CLASS}, effect: ${CLASS}}
`,
  'agents.yaml': 'agents: []\n',
  'one.yaml': flow('one'),
  'two.yaml': flow('two'),
};

let services: Services;
beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

const start = (body: object, key: string, hand: 'requester' | 'outsider' = 'requester') =>
  services.post(hand, '/v1/runs', { workflow: 'one', input: {}, ...body }, under(key));
const under = (key: string) => ({ 'idempotency-key': key });
const conflict = { status: 409, body: { code: 'COMMAND_CONFLICT' } };

async function runsOf(): Promise<number> {
  const { body } = await services.get('requester', '/v1/runs?limit=1000');
  return body.runs.length;
}

describe('an idempotency key of a start', () => {
  it('is one run, whatever the hash of other keys and workflows, with anything else a conflict', async () => {
    for (let number = 0; number < 12; number++) {
      const key = `start-${number}`;
      const first = await start({}, key);
      const before = await runsOf();
      expect(first.status).toBe(201);
      expect(await start({}, key)).toMatchObject({ status: 200, body: first.body });
      expect(await start({ workflow: 'two' }, key)).toMatchObject(conflict);
      expect(await start({ key: `own-${number}` }, key)).toMatchObject(conflict);
      expect(await start({ input: { n: 1 } }, key)).toMatchObject(conflict);
      expect(await runsOf()).toBe(before);
    }
  });

  it('is one run under a key of the body too', async () => {
    for (let number = 0; number < 12; number++) {
      const key = `body-${number}`;
      const mine = { key: `mine-${number}` };
      const first = await start(mine, key);
      expect(first).toMatchObject({ status: 201, body: { run: mine.key } });
      const before = await runsOf();
      expect(await start(mine, key)).toMatchObject({ status: 200, body: first.body });
      expect(await start({ key: `other-${number}` }, key)).toMatchObject(conflict);
      expect(await start({}, key)).toMatchObject(conflict);
      expect(await start({ ...mine, workflow: 'two' }, key)).toMatchObject(conflict);
      expect(await runsOf()).toBe(before);
    }
  });

  it('is another request for another person', async () => {
    const [first, second] = [await start({}, 'both'), await start({}, 'both', 'outsider')];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body).not.toEqual(second.body);
  });

  it('answers an honest repetition after a newer version was deployed, and starts nothing', async () => {
    const first = await start({}, 'newer');
    const withKey = { key: 'newer-run' };
    const second = await start(withKey, 'newer-body');
    const policyClass = {
      attemptsMax: 1,
      backoff: { initial: '1s', factor: 1, max: '1s' },
      timeout: '10s',
    };
    const gate = { title: 'New', groups: ['underwriters'], show: { run: 'run.id' } };
    const ask = { gate: { ...gate, due: '1d', onDue: 'reject' } };
    const definition = {
      workflow: { name: 'one', version: '1.1.0', policy: 'plain@1.0.0', steps: { ask } },
      policy: {
        name: 'plain',
        version: '1.0.0',
        classes: { reasoning: policyClass, read: policyClass, effect: policyClass },
      },
      agents: [],
    };
    const put = await services.send('outsider', 'PUT', '/v1/workflows', JSON.stringify(definition));
    expect(put.status).toBe(200);
    expect((await start({}, 'fresh')).status).toBe(201);
    expect(await start({}, 'newer')).toMatchObject({ status: 200, body: first.body });
    expect(await start(withKey, 'newer-body')).toMatchObject({ status: 200, body: second.body });
  });
});

describe('an idempotency key of a control or a decision', () => {
  it('is for one run, wherever the others lie', async () => {
    for (let number = 0; number < 12; number++) {
      const [one, two] = [await services.run('two'), await services.run('two')];
      const cancel = (run: string, reason = 'r') =>
        services.post('requester', `/v1/runs/${run}/cancel`, { reason }, under(`cancel-${number}`));
      expect((await cancel(one)).status).toBe(200);
      expect((await cancel(one)).status).toBe(200);
      expect(await cancel(two)).toMatchObject(conflict);
      expect(await cancel(one, 'another')).toMatchObject(conflict);
    }
  });

  it('is for one answer to one question', async () => {
    const [one, two] = [await services.run('two'), await services.run('two')];
    const decide = async (run: string, decision: string) => {
      const path = `/v1/approvals/${encodeURIComponent(`${run}/ask/gate-1`)}/decision`;
      return services.post('approver', path, { decision }, under('decide-1'));
    };
    await services.gate(one);
    await services.gate(two);
    expect((await decide(one, 'approve')).status).toBe(200);
    expect((await decide(one, 'approve')).status).toBe(200);
    expect(await decide(two, 'approve')).toMatchObject(conflict);
    expect(await decide(one, 'reject')).toMatchObject(conflict);
    expect((await services.get('requester', `/v1/runs/${two}`)).body.status).toBe('running');
  });
});
