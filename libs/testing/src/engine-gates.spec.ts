import type { Json, StepDefinition } from '@fermata/contracts';
import { definitionOf, look, review } from './definitions';
import { Engine, typesOf } from './engine';

const reviewed = (more: Partial<NonNullable<StepDefinition['gate']>> = {}) => {
  const gate = review(['a'], { amount: 'steps.a.output.amount' });
  const held: StepDefinition = {
    ...gate,
    gate: { ...gate.gate, ...more } as NonNullable<StepDefinition['gate']>,
  };
  return definitionOf({ a: look(), r: held, b: look(['r'], { input: { got: 'steps.r.output' } }) });
};
const GATE = 'run-1/r/gate-1';
const byRavi = { gate: GATE, approver: 'user:ravi', groups: ['reviewers'] };

function atGate(more: Partial<NonNullable<StepDefinition['gate']>> = {}): Engine {
  const engine = new Engine(reviewed(more));
  engine.start({});
  engine.complete('a', { amount: 7 });
  return engine;
}

function codeOf(engine: Engine): string | undefined {
  return engine.of('CommandRejected').at(-1)?.data.code;
}

const lending = (rule: 'always' | { when: string }) => {
  const effect = {
    attemptsMax: 2,
    backoff: { initial: '1s', factor: 1, max: '1s' },
    timeout: '5s',
    gate: rule,
  };
  const plain = definitionOf({});
  const classes = { ...plain.policy.classes, effect };
  const approvers = { groups: ['reviewers'], due: '1d', onDue: 'reject' as const };
  const steps = { r: { agent: 'any', capability: 'act' } };
  return definitionOf(steps, {}, { classes, approvers });
};

describe('a gate', () => {
  it('shows exactly what the step before produced, under which policy', () => {
    const engine = atGate();
    expect(engine.of('GateOpened')[0]?.data).toMatchObject({
      gate: GATE,
      cause: 'review',
      shown: { amount: 7 },
      policy: { name: 'plain', version: '1.0.0' },
      requester: 'user:asha',
      groups: ['reviewers'],
    });
    expect(engine.of('GateOpened')[0]?.data.shownDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lets the run go on when a member approves', () => {
    const engine = atGate();
    const events = engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    expect(typesOf(events)).toEqual(['GateDecided', 'StepCompleted', 'AttemptScheduled']);
    expect(engine.of('AttemptScheduled').at(-1)?.data.input).toEqual({
      got: { decision: 'approve', data: { amount: 7 }, approver: 'user:ravi', reason: null },
    });
  });

  it('ends the run when a member rejects, with the reason', () => {
    const engine = atGate();
    const decision = { ...byRavi, decision: 'reject' as const, reason: 'too much' };
    expect(typesOf(engine.send('DecideGate', decision))).toEqual(['GateDecided', 'RunRejected']);
    expect(engine.of('RunRejected')[0]?.data).toMatchObject({ reason: 'too much' });
  });

  it('takes edited data that meets its schema, and says that it was edited', () => {
    const editable = { type: 'object', properties: { amount: { type: 'number', maximum: 10 } } };
    const engine = atGate({ editable });
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data: { amount: 11 } });
    expect(codeOf(engine)).toBe('DECISION_INVALID');
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data: { amount: 5 } });
    expect(engine.of('GateDecided')[0]?.data).toMatchObject({ edited: true, data: { amount: 5 } });
  });

  it('refuses edited data that change, drop or add what is not editable', () => {
    const editable = { type: 'object', properties: { amount: { type: 'number' } } };
    const show = { amount: 'steps.a.output.amount', applicant: 'run.requester' };
    const engine = atGate({ editable, show });
    const edits: [Json, string][] = [
      [{ amount: 5 }, 'expected that /applicant stays "user:asha", as was shown, found nothing'],
      [{ amount: 5, applicant: 'user:eve' }, 'found "user:eve"; it is not editable'],
      [{ amount: 5, applicant: 'user:asha', note: 1 }, 'expected nothing at /note'],
    ];
    for (const [data, message] of edits) {
      engine.send('DecideGate', { ...byRavi, decision: 'approve', data: data });
      const refused = engine.of('CommandRejected').at(-1)?.data;
      expect(refused?.code).toBe('DECISION_INVALID');
      expect(refused?.message).toContain(message);
    }
    const data = { applicant: 'user:asha', amount: 5 };
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data });
    expect(engine.of('GateDecided')[0]?.data).toMatchObject({ edited: true, data });
  });

  it('refuses edited data when nothing is editable', () => {
    const engine = atGate();
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data: { amount: 5 } });
    expect(codeOf(engine)).toBe('DECISION_INVALID');
  });

  it.each([
    ['the requester', { approver: 'user:asha' }, 'SELF_APPROVAL'],
    ['the requester in other letters', { approver: 'user:ＡSHA' }, 'SELF_APPROVAL'],
    ['someone of no group asked', { groups: ['others'] }, 'NOT_AN_APPROVER'],
    ['a gate that never was', { gate: 'run-1/r/gate-2' }, 'NOT_FOUND'],
    ['a gate of another run', { gate: 'run-2/r/gate-1' }, 'NOT_FOUND'],
    ['a retry where nothing is in doubt', { decision: 'retry' as const }, 'DECISION_INVALID'],
  ])('refuses a decision by or on %s', (_who, more, code) => {
    const engine = atGate();
    engine.send('DecideGate', { ...byRavi, decision: 'approve', ...more });
    expect(codeOf(engine)).toBe(code);
    expect(engine.of('GateDecided')).toEqual([]);
    expect(engine.run().status).toBe('running');
  });

  it('refuses a second decision', () => {
    const engine = atGate();
    engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    engine.send('DecideGate', { ...byRavi, decision: 'reject' });
    expect(codeOf(engine)).toBe('GATE_CLOSED');
  });

  it('refuses the run when nobody decides in time, and a decision after that', () => {
    const engine = atGate();
    expect(typesOf(engine.advance(2 * 86_400_000))).toEqual(['GateExpired', 'RunRejected']);
    engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    expect(codeOf(engine)).toBe('GATE_CLOSED');
  });

  it('refuses a decision after its due time even before the timer fired', () => {
    const engine = atGate();
    engine.at += 2 * 86_400_000 + 1;
    engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    expect(codeOf(engine)).toBe('DECISION_TOO_LATE');
  });

  it('asks another group when it is due, and refuses at the last breach', () => {
    const escalate = { groups: ['seniors'], due: '1d', then: 'reject' as const };
    const engine = atGate({ onDue: { escalate } });
    expect(typesOf(engine.advance(2 * 86_400_000))).toEqual(['GateEscalated']);
    engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    expect(codeOf(engine)).toBe('NOT_AN_APPROVER');
    expect(typesOf(engine.advance(86_400_000))).toEqual(['GateExpired', 'RunRejected']);
  });
});

describe('a gate that the policy asks for', () => {
  it('holds the step before it runs, and gives it the approved input', () => {
    const engine = new Engine(lending('always'));
    expect(typesOf(engine.start({ amount: 1 }))).toEqual([
      'DefinitionRecorded',
      'RunStarted',
      'GateOpened',
    ]);
    const decision = { ...byRavi, decision: 'approve' as const };
    expect(typesOf(engine.send('DecideGate', decision))).toEqual([
      'GateDecided',
      'AttemptScheduled',
    ]);
    expect(engine.of('AttemptScheduled')[0]?.data.input).toEqual({ amount: 1 });
  });

  it('lets a person change what the agent’s input contract names, and nothing else', () => {
    const input = { type: 'object', properties: { amount: { type: 'number', maximum: 10 } } };
    const plain = lending('always');
    const [agent] = plain.agents;
    const act = { ...agent?.capabilities['act'], risk: 'effect' as const, input };
    const agents = [{ ...agent, capabilities: { act } } as (typeof plain.agents)[number]];
    const engine = new Engine({ ...plain, agents });
    engine.start({ amount: 7, to: 'asha' });
    for (const data of [{ amount: 11, to: 'asha' }, { amount: 5, to: 'eve' }, { amount: 5 }]) {
      engine.send('DecideGate', { ...byRavi, decision: 'approve', data });
      expect(codeOf(engine)).toBe('DECISION_INVALID');
    }
    const data = { amount: 5, to: 'asha' };
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data });
    expect(engine.of('AttemptScheduled')[0]?.data.input).toEqual(data);
  });

  it('lets nothing be changed when the agent declares no input contract', () => {
    const engine = new Engine(lending('always'));
    engine.start({ amount: 1 });
    engine.send('DecideGate', { ...byRavi, decision: 'approve', data: { amount: 2 } });
    expect(codeOf(engine)).toBe('DECISION_INVALID');
  });

  it('depends on the input when the policy says so', () => {
    const engine = new Engine(lending({ when: 'input.amount > 1000' }));
    expect(typesOf(engine.start({ amount: 1_000 }))).toContain('AttemptScheduled');
    expect(typesOf(engine.start({ amount: 1_001 }, { run: 'run-2' }))).toContain('GateOpened');
  });
});

describe('the rule that was consulted', () => {
  it('stands on a gate of the policy and on its decision; a gate of the workflow names none', () => {
    const engine = new Engine(lending({ when: 'input.amount > 1000' }));
    engine.start({ amount: 1_001 });
    expect(engine.of('GateOpened')[0]?.data.rule).toBe('classes.effect.gate.when');
    engine.send('DecideGate', { ...byRavi, decision: 'approve' });
    expect(engine.of('GateDecided')[0]?.data).toMatchObject({
      rule: 'fixed.four-eyes',
      policy: { name: 'plain', version: '1.0.0' },
    });
    expect(atGate().of('GateOpened')[0]?.data).not.toHaveProperty('rule');
  });

  it('stands on what follows when nobody answers', () => {
    const escalate = { groups: ['board'], due: '1h', then: 'reject' as const };
    const engine = atGate({ onDue: { escalate } });
    engine.advance(2 * 86_400_000);
    engine.advance(86_400_000);
    const rules = [engine.of('GateEscalated'), engine.of('GateExpired')].map(
      ([event]) => event?.data.rule,
    );
    expect(rules).toEqual(['fixed.silence', 'fixed.silence']);
  });
});
