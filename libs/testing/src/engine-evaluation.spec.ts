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
