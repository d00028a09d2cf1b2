import { encodeCommand, type Command } from '@fermata/contracts';
import { bytesOf, recordOfBytes } from '@fermata/log';
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
    // A later command of the same partition is decided after it became a dead letter.
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

  it('keeps a mark of who sent it again when, and is not lost by it', async () => {
    const list = await services.get('operator', '/v1/dead-letters');
    const [{ letter }] = list.body.deadLetters;
    const mark = { at: expect.any(String), by: 'user:operator', how: 'as it was' };
    const path = `/v1/dead-letters/${letter}`;
    expect((await services.get('operator', path)).body.redriven).toEqual([mark]);
    const { body } = await services.post('operator', `${path}/redrive`, {});
    expect(body).toEqual({ letter, redriven: true, ...mark });
    expect((await services.get('operator', path)).body.redriven).toEqual([mark, mark]);
  });

  it('of bytes that name no tenant is an operator’s of the installation, byte for byte', async () => {
    const { log } = services.fermata;
    const raw = {
      key: null,
      headers: [
        ['ce_id', Buffer.from([0xff])],
        ['empty', null],
      ] as const,
      value: Buffer.from([0x7b, 0xff, 0x00]),
    };
    const before = (await log.deadLetters()).length;
    await log.send([recordOfBytes(raw)]);
    // Until it is a dead letter: the list is what tells it.
    let letters = await log.deadLetters();
    while (letters.length === before) letters = await log.deadLetters();
    const last = letters.find(({ record }) => record.raw !== undefined);
    expect(last && bytesOf(last.record)).toEqual(raw);
    const letter = `commands-${last?.partition}-${last?.offset}`;
    const shown = await services.get('operator', `/v1/dead-letters/${letter}`);
    expect(shown.body).toMatchObject({
      tenant: null,
      bytes: {
        key: null,
        headers: [
          ['ce_id', '/w=='],
          ['empty', null],
        ],
        value: 'e/8A',
      },
    });
    for (const hand of ['stranger', 'requester'] as const) {
      const { status } = await services.get(hand, `/v1/dead-letters/${letter}`);
      expect(status).toBe(hand === 'stranger' ? 404 : 403);
    }
  });

  it('is not there for another tenant, nor for who is no operator', async () => {
    expect((await services.get('stranger', '/v1/dead-letters')).body.deadLetters).toEqual([]);
    expect((await services.get('requester', '/v1/dead-letters')).status).toBe(403);
  });
});
