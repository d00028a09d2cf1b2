import { agentDefinition } from './agents/kinds';
import { definition, policyDefinition, workflowDefinition } from './definition';
import { LIMITS } from './limits';

const CLASS = {
  attemptsMax: 3,
  backoff: { initial: '1s', factor: 2, max: '1m' },
  timeout: '30s',
};
const POLICY = {
  name: 'plain',
  version: '1.0.0',
  classes: { reasoning: CLASS, read: CLASS, effect: { ...CLASS, lease: '10s', gate: 'always' } },
  approvers: { groups: ['operators'], due: '2d', onDue: 'reject' },
};
const GATE = {
  title: 'Review',
  groups: ['reviewers'],
  show: { amount: 'run.input.amount' },
  due: '2d',
  onDue: { escalate: { groups: ['seniors'], due: '1d', then: 'reject' } },
};
const WORKFLOW = {
  name: 'flow',
  version: '1.0.0',
  policy: 'plain@1.0.0',
  timeout: '7d',
  input: { type: 'object' },
  steps: {
    look: { capability: 'look', when: 'true', input: { a: '1' }, retry: { attemptsMax: 1 } },
    review: { needs: ['look'], gate: GATE },
  },
  checkpoints: { c1: ['look'] },
  output: { a: 'steps.look.output' },
};
const DESK = {
  name: 'desk',
  version: '1.0.0',
  kind: 'function',
  tier: 2,
  capabilities: { look: { module: './look.ts', export: 'look', risk: 'read', idempotent: true } },
};
const WEB = {
  name: 'web',
  version: '1.0.0',
  kind: 'http',
  url: 'https://example.com',
  capabilities: { ask: { path: '/ask', risk: 'read' } },
};

type Schema = typeof workflowDefinition | typeof policyDefinition | typeof agentDefinition;

/** Where a schema finds fault with a value. */
function faults(schema: Schema, value: object): string[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

/** A workflow whose step `look` has these parts. */
const withStep = (more: object) => ({
  ...WORKFLOW,
  steps: { look: { ...WORKFLOW.steps.look, ...more } },
});
/** A workflow whose gate has these parts. */
const withGate = (more: object) => ({ ...WORKFLOW, steps: { r: { gate: { ...GATE, ...more } } } });

describe('a definition', () => {
  it('comes back as it was, with its workflow, policy and agents', () => {
    const whole = { workflow: WORKFLOW, policy: POLICY, agents: [DESK, WEB] };
    expect(definition.parse(whole)).toEqual(whole);
  });

  it('has nothing that nobody knows', () => {
    const whole = { workflow: WORKFLOW, policy: POLICY, agents: [DESK], extra: 1 };
    expect(definition.safeParse(whole).success).toBe(false);
  });
});

describe('a workflow', () => {
  it.each<[string, object, string]>([
    ['a field that nobody knows', { ...WORKFLOW, stpes: {} }, ''],
    ['a name with a space', { ...WORKFLOW, name: 'loan approval' }, 'name'],
    ['a policy without a version', { ...WORKFLOW, policy: 'plain' }, 'policy'],
    ['a timeout without a unit', { ...WORKFLOW, timeout: '30' }, 'timeout'],
    ['an input that is no schema', { ...WORKFLOW, input: 'object' }, 'input'],
    [
      'a step with a hyphen',
      { ...WORKFLOW, steps: { 'a-b': { capability: 'look' } } },
      'steps.a-b',
    ],
    ['a checkpoint in capitals', { ...WORKFLOW, checkpoints: { C1: ['look'] } }, 'checkpoints.C1'],
    ['a checkpoint of no steps', { ...WORKFLOW, checkpoints: { c1: [] } }, 'checkpoints.c1'],
    ['an empty expression', withStep({ when: '' }), 'steps.look.when'],
    ['a number for an expression', withStep({ input: { a: 1 } }), 'steps.look.input.a'],
    ['a field of a step that nobody knows', withStep({ need: [] }), 'steps.look'],
    ['a step of the risk of a gate', withStep({ risk: 'gate' }), 'steps.look.risk'],
    ['no attempt at all', withStep({ retry: { attemptsMax: 0 } }), 'steps.look.retry.attemptsMax'],
    ['half an attempt', withStep({ retry: { attemptsMax: 1.5 } }), 'steps.look.retry.attemptsMax'],
    ['a gate that asks nobody', withGate({ groups: [] }), 'steps.r.gate.groups'],
    ['a gate without a due time', withGate({ due: undefined }), 'steps.r.gate.due'],
    ['a gate that approves by itself', withGate({ onDue: 'approve' }), 'steps.r.gate.onDue'],
    [
      'an escalation that ends in anything but a refusal',
      withGate({ onDue: { escalate: { groups: ['seniors'], due: '1d', then: 'approve' } } }),
      'steps.r.gate.onDue',
    ],
  ])('is refused for %s', (_, value, place) => {
    expect(faults(workflowDefinition, value)).toEqual([place]);
  });

  it('is told of all its faults at once', () => {
    const value = { ...withStep({ when: '', timeout: 'soon' }), name: '' };
    expect(faults(workflowDefinition, value)).toEqual([
      'name',
      'steps.look.when',
      'steps.look.timeout',
    ]);
  });

  it('has expressions of up to 4,096 characters', () => {
    const when = 'x'.repeat(LIMITS.expressionCharsMax);
    expect(faults(workflowDefinition, withStep({ when }))).toEqual([]);
    expect(faults(workflowDefinition, withStep({ when: `${when}x` }))).toEqual(['steps.look.when']);
  });

  it('has up to a hundred attempts at a step', () => {
    const most = (attemptsMax: number) => withStep({ retry: { attemptsMax } });
    expect(faults(workflowDefinition, most(LIMITS.attemptsMax))).toEqual([]);
    expect(faults(workflowDefinition, most(LIMITS.attemptsMax + 1))).toHaveLength(1);
  });
});

describe('a policy', () => {
  const withEffect = (more: object) => ({
    ...POLICY,
    classes: { ...POLICY.classes, effect: { ...CLASS, ...more } },
  });

  it('may hold a class never, always or when', () => {
    for (const gate of ['never', 'always', { when: 'input.amount > 1' }]) {
      expect(faults(policyDefinition, withEffect({ gate }))).toEqual([]);
    }
  });

  it.each<[string, object, string]>([
    [
      'a class that is missing',
      { ...POLICY, classes: { read: CLASS, effect: CLASS } },
      'classes.reasoning',
    ],
    ['a rule that nobody knows', withEffect({ gate: 'sometimes' }), 'classes.effect.gate'],
    ['a class for gates', { ...POLICY, classes: { ...POLICY.classes, gate: CLASS } }, 'classes'],
    [
      'waits that grow too fast',
      withEffect({ backoff: { ...CLASS.backoff, factor: 11 } }),
      'classes.effect.backoff.factor',
    ],
    [
      'waits that shrink',
      withEffect({ backoff: { ...CLASS.backoff, factor: 0.5 } }),
      'classes.effect.backoff.factor',
    ],
    [
      'approvers that are nobody',
      { ...POLICY, approvers: { groups: [], due: '1d', onDue: 'reject' } },
      'approvers.groups',
    ],
  ])('is refused for %s', (_, value, place) => {
    expect(faults(policyDefinition, value)).toEqual([place]);
  });
});

describe('an agent', () => {
  it.each<[string, object, string]>([
    ['a kind that nobody knows', { ...DESK, kind: 'model' }, 'kind'],
    [
      'a function without a module',
      { ...DESK, capabilities: { look: { risk: 'read' } } },
      'capabilities.look.module',
    ],
    ['an address without a url', { ...WEB, url: undefined }, 'url'],
    [
      'a path that is no path',
      { ...WEB, capabilities: { ask: { path: 'ask', risk: 'read' } } },
      'capabilities.ask.path',
    ],
    ['a capability of no risk', { ...WEB, capabilities: { ask: {} } }, 'capabilities.ask.risk'],
    ['a tier beyond nine', { ...DESK, tier: 10 }, 'tier'],
    ['a url where a function has none', { ...DESK, url: 'https://example.com' }, ''],
  ])('is refused for %s', (_, value, place) => {
    expect(faults(agentDefinition, value)).toEqual([place]);
  });
});
