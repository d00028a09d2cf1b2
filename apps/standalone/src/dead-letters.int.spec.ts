import { encodeCommand, type Command } from '@fermata/contracts';
import { Services } from './standalone.fixture';

const PROJECT = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes:
  reasoning: &class {attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 10s}
  read: *class
  effect: *class
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
steps:
  a: {capability: echo, input: {}}
`,
};

describe('a dead letter', () => {
  let services: Services;

  beforeAll(async () => {
    services = await Services.start(PROJECT);
  }, 60_000);
  afterAll(() => services.stop());

  it('is shown to its tenant’s operator with reason and bytes, and can be sent again', async () => {
    const { log } = services.fermata;
    const workflow = { name: 'flow', version: '1.0.0', hash: 'f'.repeat(64) };
    const command = {
      id: 'poison',
      source: 'test',
      tenant: 'local',
      run: 'run-1',
      time: Date.now(),
      actor: 'user:asha',
      correlationId: 'poison',
      type: 'StartRun',
      data: { workflow, input: {} },
    } as Command;
    const { decoded: _, ...record } = encodeCommand(command);
    await log.send([{ ...record, value: '{"workflow":' }]);
    // A later command of the same partition is decided after it was put aside.
    await services.post('requester', '/v1/runs', { workflow: 'flow', input: {}, key: 'run-1' });
    const list = await services.get('operator', '/v1/dead-letters');
    const [letter] = list.body.deadLetters;
    expect(letter).toMatchObject({ code: 'JSON_MALFORMED', key: 'local/run-1' });
    const shown = await services.get('operator', `/v1/dead-letters/${letter.letter}`);
    expect(shown.body).toMatchObject({ value: '{"workflow":', reason: expect.any(String) });
    const path = `/v1/dead-letters/${letter.letter}/redrive`;
    expect((await services.post('operator', path, {})).status).toBe(201);
    await services.post('requester', '/v1/runs', { workflow: 'flow', input: {}, key: 'run-1' });
    const after = await services.get('operator', '/v1/dead-letters');
    expect(after.body.deadLetters).toHaveLength(2);
  });

  it('is not there for another tenant, nor for who is no operator', async () => {
    expect((await services.get('stranger', '/v1/dead-letters')).body.deadLetters).toEqual([]);
    expect((await services.get('requester', '/v1/dead-letters')).status).toBe(403);
  });
});
