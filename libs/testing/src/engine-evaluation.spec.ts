import type { JsonObject } from '@fermata/contracts';
import { definitionOf, look, review } from './definitions';
import { Engine, typesOf } from './engine';

/** Checked, it looks at its value 2^60 times. */
const ENDLESS: JsonObject = {
  $ref: '#/$defs/a0',
  $defs: {
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, level) => {
        const next = { $ref: `#/$defs/a${level + 1}` };
        return [`a${level}`, { allOf: [next, next] }];
      }),
    ),
    a60: true,
  },
};
const LIMIT = { code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/evaluationStepsMax/) };

describe('an author’s work without an end', () => {
  it('refuses the command that it checks, and holds up nobody else', () => {
    const engine = new Engine(definitionOf({ a: look() }, { input: ENDLESS }));
    const [refused, ...rest] = engine.start({});
    expect(rest).toEqual([]);
    expect(refused).toMatchObject({ type: 'CommandRejected', data: LIMIT });
  });

  it('fails the attempt whose output it checks', () => {
    const engine = new Engine(definitionOf({ a: look([], { output: ENDLESS }) }));
    engine.start({});
    const [failed] = engine.complete('a', 1);
    expect(failed).toMatchObject({ type: 'AttemptFailed', data: LIMIT });
  });

  it('fails the step whose effect has happened: another try would repeat it', () => {
    const step = { ...look([], { output: ENDLESS }), capability: 'act' };
    const engine = new Engine(definitionOf({ a: step }));
    engine.start({});
    const events = engine.complete('a', 1);
    expect(typesOf(events)).toEqual(['StepFailed', 'RunFailed']);
    expect(events[0]).toMatchObject({ data: LIMIT });
  });

  it('refuses the decision whose data it checks, and leaves the gate open', () => {
    const gate = review([], { x: 'run.input.x' });
    const editable = { gate: { ...gate.gate, editable: ENDLESS } } as typeof gate;
    const engine = new Engine(definitionOf({ a: editable }));
    engine.start({ x: 1 });
    const asked = engine.of('GateOpened')[0]?.data.gate ?? '';
    const by = { gate: asked, approver: 'user:ben', groups: ['reviewers'] };
    const [refused] = engine.send('DecideGate', { ...by, decision: 'approve', data: { x: 2 } });
    expect(refused).toMatchObject({ type: 'CommandRejected', data: LIMIT });
    expect(typesOf(engine.send('DecideGate', { ...by, decision: 'approve' }))).toEqual([
      'GateDecided',
      'StepCompleted',
      'RunCompleted',
    ]);
  });
});

describe('an expression that goes over more than there are steps', () => {
  const many = Array.from({ length: 20_000 }, (_, index) => index);
  const slow = 'run.input.all(x, run.input.exists(y, x + y < 0.0) || true)';

  it('fails the step whose condition it is', () => {
    const engine = new Engine(definitionOf({ a: look([], { when: slow }) }));
    const events = engine.start(many);
    expect(typesOf(events).slice(1)).toEqual(['RunStarted', 'StepFailed', 'RunFailed']);
    expect(events.at(-1)).toMatchObject({ data: { ...LIMIT, step: 'a' } });
  });

  it('keeps what has happened: the output before it stands on the log', () => {
    const engine = new Engine(definitionOf({ a: look(), b: look(['a'], { input: { x: slow } }) }));
    engine.start(many);
    expect(typesOf(engine.complete('a', 1))).toEqual(['StepCompleted', 'StepFailed', 'RunFailed']);
  });

  it('fails the run whose result it is', () => {
    const engine = new Engine(definitionOf({ a: look() }, { output: { x: slow } }));
    engine.start(many);
    const events = engine.complete('a', 1);
    expect(typesOf(events)).toEqual(['StepCompleted', 'RunFailed']);
    expect(events[1]).toMatchObject({ data: { ...LIMIT, step: null } });
  });

  it('shares its steps with the rest of its decision, and not with the next', () => {
    const half = 'run.input.all(x, x >= 0.0)';
    const steps = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`s${index}`, look([], { when: half })]),
    );
    const engine = new Engine(definitionOf(steps));
    expect(typesOf(engine.start(many)).at(-1)).toBe('RunFailed');
    const [first, ...rest] = Object.keys(steps);
    const chain = Object.fromEntries(
      [first, ...rest].map((id, index) => [
        `s${index}`,
        look(index === 0 ? [] : [`s${index - 1}`], { when: half }),
      ]),
    );
    const slowly = new Engine(definitionOf(chain));
    slowly.start(many);
    for (const id of Object.keys(chain)) slowly.complete(id, 1);
    expect(slowly.run().status).toBe('completed');
  });
});
