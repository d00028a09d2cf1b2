import { pathOf } from '@fermata/contracts';
import { Services } from './standalone.fixture';

const CLASS = '{attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 1m}';
const PROJECT = {
  'fermata.yaml':
    'workflows: [flow.yaml, long.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes: {reasoning: ${CLASS}, read: ${CLASS}, effect: ${CLASS}}
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      look: {module: ./agents.mjs, export: look, risk: read}
      wait: {module: ./agents.mjs, export: wait, risk: read}
`,
  'agents.mjs': `export const look = async () => null;
export const wait = () => new Promise(() => undefined);
`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  look: {capability: look, input: {}}
  ask: {needs: [look], gate: {title: Well?, groups: [underwriters], show: {}, due: 1h, onDue: reject}}
  last: {needs: [ask], capability: look, input: {}}
`,
  'long.yaml': `name: long
version: 1.0.0
policy: plain@1.0.0
steps: {wait: {capability: wait, input: {}}}
`,
};

let services: Services;

beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

const open = (run: string, last: number, signal?: AbortSignal) =>
  fetch(`${services.fermata.url}/v1/runs/${run}/events/stream`, {
    headers: { ...services.authorization('requester'), 'last-event-id': String(last) },
    ...(signal === undefined ? {} : { signal }),
  });
const idsIn = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
const read = async (run: string, last: number) => idsIn(await (await open(run, last)).text());

/** Reads a stream until it has told of an event of this type, then loses the connection. */
async function readUntil(run: string, type: string): Promise<number[]> {
  const lost = new AbortController();
  const answer = await open(run, 0, lost.signal);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (new RegExp(`^event: ${type}$`, 'm').test(text)) break;
  }
  lost.abort();
  return idsIn(text);
}

describe('the stream of a run’s events', () => {
  it('goes on where it was lost: nothing is missed and nothing told twice', async () => {
    const run = await services.run('flow');
    const before = await readUntil(run, 'GateOpened');
    await services.decide('approver', await services.gate(run), { decision: 'approve' });
    const after = await read(run, before.at(-1) ?? 0);
    const all = [...before, ...after];
    expect(all).toEqual(all.map((_, index) => index + 1));
    const { body } = await services.get('requester', `/v1/runs/${run}/events`);
    expect(body.events.at(-1)).toMatchObject({ sequence: all.length, type: 'RunCompleted' });
  });

  it('is not opened again for who has seen all of it', async () => {
    const run = await services.run('flow');
    await services.decide('approver', await services.gate(run), { decision: 'reject' });
    await services.ended(run);
    const all = await read(run, 0);
    expect(await read(run, all.length - 1)).toEqual([all.length]);
    for (const last of [all.length, all.length + 100]) {
      const answer = await open(run, last);
      expect(answer.status).toBe(204);
      expect(await answer.text()).toBe('');
    }
  });

  it('tells of what came after the end too, and ends', async () => {
    const run = await services.run('long');
    await services.post('requester', `/v1/runs/${run}/cancel`, {});
    const cancelled = await read(run, 0);
    const late = {
      id: 'late',
      source: 'test',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'service:agent-runner',
      correlationId: 'late',
      type: 'CompleteAttempt' as const,
      data: { step: pathOf('wait'), attempt: 1, runner: 'somebody', output: null },
    };
    const outcome = await services.fermata.desk.ask(late);
    expect(outcome?.event.type).toBe('ResultIgnored');
    const next = cancelled.length + 1;
    const told = async (): Promise<number[]> => {
      const ids = await read(run, cancelled.length);
      return ids.length > 0 ? ids : told();
    };
    expect(await told()).toEqual([next]);
    expect(await read(run, 0)).toEqual([...cancelled, next]);
  });
});
