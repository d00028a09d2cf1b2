import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  decodeCommand,
  encodeCommand,
  Fault,
  type Command,
  type Event,
  type Json,
  type WireRecord,
} from '@fermata/contracts';
import { definitionOf, look, review } from './definitions';
import { Engine, typesOf } from './engine';

const GATE = {
  title: 'Review',
  groups: ['reviewers'],
  show: { n: 'steps.b.output.n', s: 'run.input.s' },
  editable: { type: 'object', properties: { n: {}, s: {} } },
  due: '2d',
  onDue: 'reject' as const,
};
/** Reads a number at every turn: in a condition, an input, at a gate and behind it. */
const FLOW = definitionOf(
  {
    a: look([], { when: 'has(run.input.n) && 1.0 / run.input.n < 0.0' }),
    b: look([], { input: { of: 'run.input.n', times: 'run.input.n * -1.0', s: 'run.input.s' } }),
    r: { needs: ['b'], gate: GATE },
    c: look(['r', 'a'], { when: '1.0 / steps.r.output.data.n < 0.0' }),
    d: look(['c'], { when: 'run.input.n == steps.b.output.n' }),
  },
  { output: { n: 'run.input.n' } },
);

/** Numbers and texts as other clients write them, often at the edges of what JSON keeps. */
const numberText = fc.oneof(
  fc.constantFrom('-0', '-0.0', '0', '-0e7', '1e308', '-1e308', '1e400', '5e-324', '1e-400'),
  fc.constantFrom('9007199254740991', '9007199254740993', '1e20', '1e21', '123456789012345678901'),
  fc.constantFrom('0.1', '19.990', '0.1000000000000000055', '0.10000000000000001', '1.0e2'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
);
const text = fc.oneof(
  fc.constantFrom('"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\u2028é"', '"__proto__"'),
  fc.string({ unit: 'binary' }).map((one) => JSON.stringify(one)),
);
const values = fc.record({ n: numberText, s: text });
const script = fc.record({ input: values, output: values, edited: values, isEdited: fc.boolean() });

/** The command with a text of its own for some of its data, as another client would write it. */
function written(command: Command, field: string, json: string): WireRecord {
  const { decoded: _, ...record } = encodeCommand(command);
  const rest = JSON.stringify({ ...command.data, [field]: undefined }).slice(0, -1);
  return { ...record, value: `${rest},${JSON.stringify(field)}:${json}}` };
}

const jsonOf = ({ n, s }: { n: string; s: string }): string => `{"n":${n},"s":${s}}`;

/** Plays a script; what the door refuses is not played. Gives what came of it. */
function play(engine: Engine, said: typeof script extends fc.Arbitrary<infer T> ? T : never) {
  const { graph } = engine;
  const send = (command: Command, field: string, json: string): readonly Event[] => {
    const record = written(command, field, json);
    try {
      return engine.handle(decodeCommand(record));
    } catch (error) {
      if (error instanceof Fault) return [];
      throw error;
    }
  };
  const workflow = { ...graph.workflow, hash: graph.hash };
  send(engine.command('StartRun', { workflow, input: null }), 'input', jsonOf(said.input));
  if (engine.log.length === 0) return;
  const own = { runner: 'runner-1', output: null, attempt: 1 };
  send(engine.command('CompleteAttempt', { step: 'b', ...own }), 'output', jsonOf(said.output));
  send(engine.command('CompleteAttempt', { step: 'a', ...own }), 'output', '-0');
  const decision = { gate: 'run-1/r/gate-1', decision: 'approve' as const };
  const approve = { ...decision, approver: 'user:ravi', groups: ['reviewers'] };
  if (said.isEdited) {
    send(engine.command('DecideGate', { ...approve, data: null }), 'data', jsonOf(said.edited));
  }
  engine.send('DecideGate', approve);
}

describe('what is decided', () => {
  it('is the same whether each event is read again from its text or none is', () => {
    fc.assert(
      fc.property(script, (said) => {
        const [live, restarted] = [new Engine(FLOW, undefined, undefined, false), new Engine(FLOW)];
        play(live, said);
        play(restarted, said);
        expect(typesOf(live.log)).toEqual(typesOf(restarted.log));
        expect(isDeepStrictEqual(live.log, restarted.log)).toBe(true);
        if (live.log.length === 0) return;
        expect(isDeepStrictEqual(live.run().input, restarted.run().input)).toBe(true);
        expect(isDeepStrictEqual(live.run().output, restarted.run().output)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('on -0 behind a gate is the same after a restart', () => {
    const behind = definitionOf({
      r: review([], { n: 'run.input.n' }),
      c: look(['r'], { when: '1.0 / run.input.n < 0.0' }),
    });
    const outcomes = [true, false].map((isReread) => {
      const engine = new Engine(behind, undefined, undefined, isReread);
      const workflow = { ...engine.graph.workflow, hash: engine.graph.hash };
      const start = engine.command('StartRun', { workflow, input: null });
      engine.handle(decodeCommand(written(start, 'input', '{"n":-0}')));
      const approve = { gate: 'run-1/r/gate-1', decision: 'approve' as const };
      const who = { approver: 'user:ravi', groups: ['reviewers'] };
      return typesOf(engine.send('DecideGate', { ...approve, ...who }));
    });
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(outcomes[0]).toContain('StepSkipped');
  });

  it('would not be the same behind a door that lets -0 in', () => {
    const data: Json = { n: -0 };
    const [live, restarted] = [new Engine(FLOW, undefined, undefined, false), new Engine(FLOW)];
    live.start(data);
    restarted.start(data);
    expect(isDeepStrictEqual(live.log, restarted.log)).toBe(false);
    expect(typesOf(live.log)).not.toEqual(typesOf(restarted.log));
  });
});
