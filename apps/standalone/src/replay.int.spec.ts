import { pathOf } from '@fermata/contracts';
import { Services, type Answer } from './standalone.fixture';

const CLASS = '{attemptsMax: 2, backoff: {initial: 10ms, factor: 1, max: 10ms}, timeout: 1m}';
const PROJECT = {
  'fermata.yaml': `workflows: [branches.yaml, effect.yaml, hasty.yaml, brief.yaml]
policies: [policy.yaml]
agents: [agents.yaml]
`,
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
      act: {module: ./agents.mjs, export: act, risk: effect}
`,
  'agents.mjs': `const tries = new Map();
const failing = (times, key) => {
  tries.set(key, (tries.get(key) ?? 0) + 1);
  if (tries.get(key) <= times) throw new Error('try ' + tries.get(key));
  return { tries: tries.get(key) };
};
export const look = async ({ fail }, { run, step, signal }) => {
  if (fail === 'never') await new Promise((_, reject) => signal.addEventListener('abort', reject));
  return failing(fail, run + step);
};
export const act = async ({ fail }, { run }) => failing(fail, run);
`,
  'branches.yaml': `name: branches
version: 1.0.0
policy: plain@1.0.0
steps:
  look: {capability: look, input: {fail: run.input.fail}}
  left: {needs: [look], when: run.input.left == true, capability: look, input: {fail: "0"}}
  right: {needs: [look], capability: look, input: {fail: "0"}}
  ask:
    needs: [left, right]
    gate: {title: Well?, groups: [underwriters], show: {}, due: 1h, onDue: reject}
checkpoints: {c1: [look], c2: [ask]}
output: {asked: steps.ask.output}
`,
  'effect.yaml': `name: effect
version: 1.0.0
policy: plain@1.0.0
steps:
  act: {capability: act, input: {fail: run.input.fail}}
  after: {needs: [act], capability: look, input: {fail: "0"}}
`,
  'hasty.yaml': `name: hasty
version: 1.0.0
policy: plain@1.0.0
steps:
  ask:
    gate:
      title: Quick?
      groups: [underwriters]
      show: {}
      due: 20ms
      onDue: {escalate: {groups: [seniors], due: 20ms, then: reject}}
`,
  'brief.yaml': `name: brief
version: 1.0.0
policy: plain@1.0.0
timeout: 200ms
steps: {look: {capability: look, input: {fail: '"never"'}}}
`,
};

let services: Services;

beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

async function expectEqual(run: string, status: string): Promise<Answer['body']> {
  const { body: detail } = await services.get('requester', `/v1/runs/${run}`);
  const { body: report } = await services.post('requester', `/v1/runs/${run}/replay`, {});
  expect({ status: detail.status, ...report }).toMatchObject({
    status,
    run,
    equal: true,
    differences: [],
  });
  expect(report.logHash).toBe(report.projectionHash);
  return detail;
}

const gatesOf = (detail: Answer['body']) =>
  detail.gates.map(({ status }: { status: string }) => status);

describe('the state folded again from the log equals the projection', () => {
  const branches = (input: object) => services.run('branches', input);

  it.each([
    ['approve', 'completed', { fail: 0, left: true }],
    ['approve', 'completed', { fail: 1, left: false }],
    ['reject', 'rejected', { fail: 0, left: false }],
  ])('of a run that holds, and after its approver said %s', async (decision, status, input) => {
    const run = await branches(input);
    const gate = await services.gate(run);
    await expectEqual(run, 'running');
    await services.decide('approver', gate, { decision });
    await services.ended(run);
    await expectEqual(run, status);
  });

  it('of a run that failed', async () => {
    const run = await branches({ fail: 9, left: true });
    await services.ended(run);
    await expectEqual(run, 'failed');
  });

  it('of a run that is paused, goes on and is cancelled at its gate', async () => {
    const run = await branches({ fail: 0, left: true });
    await services.gate(run);
    await services.post('operator', `/v1/runs/${run}/pause`, {});
    await expectEqual(run, 'paused');
    await services.post('operator', `/v1/runs/${run}/resume`, {});
    await expectEqual(run, 'running');
    await services.post('requester', `/v1/runs/${run}/cancel`, {});
    expect(gatesOf(await expectEqual(run, 'cancelled'))).toEqual(['closed']);
  });

  it('of a run whose gate was escalated and expired', async () => {
    const run = await services.run('hasty');
    await services.ended(run);
    expect(gatesOf(await expectEqual(run, 'rejected'))).toEqual(['expired']);
  });

  it('of a run that timed out', async () => {
    const run = await services.run('brief');
    await services.ended(run);
    await expectEqual(run, 'timed-out');
  });
});

describe('an effect in doubt', () => {
  it('is done anew when a person says that it did not happen', async () => {
    const run = await services.run('effect', { fail: 1 });
    const gate = await services.gate(run);
    await expectEqual(run, 'running');
    expect(await services.decide('operator', gate, { decision: 'retry' })).toMatchObject({
      status: 200,
    });
    await services.ended(run);
    const detail = await expectEqual(run, 'completed');
    expect(gatesOf(detail)).toEqual(['retried']);
    expect(detail.output).toMatchObject({ after: { tries: 1 } });
  });

  it('is taken as done when a person tells its outcome', async () => {
    const run = await services.run('effect', { fail: 9 });
    const gate = await services.gate(run);
    const told = { decision: 'approve', data: { tries: 0 } };
    expect(await services.decide('operator', gate, told)).toMatchObject({ status: 200 });
    await services.ended(run);
    expect(gatesOf(await expectEqual(run, 'completed'))).toEqual(['approved']);
  });

  it('settles itself by its own late answer', async () => {
    const run = await services.run('effect', { fail: 9 });
    await services.gate(run);
    const { body } = await services.get('operator', `/v1/runs/${run}/events`);
    const intent = body.events.find(({ type }: { type: string }) => type === 'EffectIntended');
    const runner = await services.runnerOf(run);
    // The name itself guards the claim: what is read over HTTP would not settle anything.
    expect(intent.data.runner).toMatch(/^[0-9a-f]{16}$/);
    expect(intent.data.runner).not.toBe(runner);
    await services.fermata.desk.ask({
      id: `late-${run}`,
      source: 'test',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'service:agent-runner',
      correlationId: run,
      type: 'CompleteAttempt',
      data: { step: pathOf('act'), attempt: 1, runner, output: { tries: 1 } },
    });
    await services.ended(run);
    expect(gatesOf(await expectEqual(run, 'completed'))).toEqual(['withdrawn']);
  });
});
