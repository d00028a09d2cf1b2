import fc from 'fast-check';
import type { Event, StepDefinition } from '@fermata/contracts';
import { evolve, stepsOf, type RunState } from '@fermata/core';
import { definitionOf, look, review } from './definitions';
import { Engine } from './engine';

/** A random graph: each step may need any of the steps before it; some are gates or effects. */
const graph = fc
  .array(fc.tuple(fc.nat(3), fc.array(fc.nat(7), { maxLength: 3 })), { minLength: 1, maxLength: 8 })
  .map((shapes) => {
    const steps: Record<string, StepDefinition> = {};
    for (const [index, [kind, picks]] of shapes.entries()) {
      const needs = [...new Set(picks.filter((pick) => pick < index).map((pick) => `s${pick}`))];
      const id = `s${index}`;
      if (kind === 0 && needs.length > 0) steps[id] = review(needs, { run: 'run.id' });
      else if (kind === 1) steps[id] = { agent: 'any', capability: 'act', needs };
      else steps[id] = look(needs);
    }
    return definitionOf(steps, { timeout: '7d' });
  });

/** One thing that may happen, chosen by numbers so that any sequence is meaningful. */
const happening = fc.record({
  kind: fc.constantFrom('complete', 'fail', 'beat', 'intend', 'decide', 'time', 'pause', 'resume'),
  pick: fc.nat(7),
  attempt: fc.integer({ min: 1, max: 3 }),
  yes: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function act(engine: Engine, { kind, pick, attempt, yes }: Happening, tenant = 'acme'): void {
  const step = `s${pick}`;
  const runner = yes ? 'r-1' : 'r-2';
  const saying = { tenant };
  if (kind === 'complete') {
    engine.send('CompleteAttempt', { step, attempt, runner, output: pick }, saying);
  } else if (kind === 'fail') {
    const data = { step, attempt, runner, code: 'BUSY', message: 'busy', retryable: yes };
    engine.send('FailAttempt', data, saying);
  } else if (kind === 'beat') {
    engine.send('HeartbeatAttempt', { step, attempt, runner }, saying);
  } else if (kind === 'intend') {
    engine.send('IntendEffect', { step, attempt, runner, digest: 'd'.repeat(64) }, saying);
  } else if (kind === 'decide') {
    const gate = `run-1/${step}/gate-${attempt}`;
    const who = { approver: 'user:ravi', groups: ['reviewers', 'operators'] };
    engine.send('DecideGate', { gate, decision: yes ? 'approve' : 'retry', ...who }, saying);
  } else if (kind === 'time') engine.advance((pick + 1) * 7_000);
  else engine.send(kind === 'pause' ? 'PauseRun' : 'ResumeRun', {}, saying);
}

const comparable = (run: RunState | undefined) =>
  run && { ...run, steps: 0, input: 0, output: 0, workflow: 0 };

describe('the engine, whatever happens', () => {
  it('replays to the live state at every prefix', () => {
    fc.assert(
      fc.property(graph, fc.array(happening, { maxLength: 40 }), (definition, happenings) => {
        const engine = new Engine(definition);
        engine.start({});
        for (const next of happenings) {
          act(engine, next);
          expect(comparable(engine.replayed())).toEqual(comparable(engine.run()));
        }
      }),
    );
  });

  it('numbers the events of a run without a gap, in the order of time', () => {
    fc.assert(
      fc.property(graph, fc.array(happening, { maxLength: 40 }), (definition, happenings) => {
        const engine = new Engine(definition);
        engine.start({});
        for (const next of happenings) act(engine, next);
        const history = engine.log.filter((event) => event.sequence > 0);
        expect(history.map((event) => event.sequence)).toEqual(history.map((_, at) => at + 1));
        const stamps = engine.log.map((event) => event.at);
        expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
      }),
    );
  });

  it('completes no step twice, and starts none behind a gate before its approval', () => {
    fc.assert(
      fc.property(graph, fc.array(happening, { maxLength: 60 }), (definition, happenings) => {
        const engine = new Engine(definition);
        engine.start({});
        for (const next of happenings) act(engine, next);
        const completed = engine.of('StepCompleted').map((event) => event.data.step);
        expect(new Set(completed).size).toBe(completed.length);
        for (const event of engine.of('AttemptScheduled')) {
          for (const need of definition.workflow.steps[event.data.step]?.needs ?? []) {
            const before = (other: Event) => other.sequence < event.sequence;
            expect(
              engine.of('StepCompleted').some((done) => done.data.step === need && before(done)),
            ).toBe(true);
            if (definition.workflow.steps[need]?.gate === undefined) continue;
            const approved = engine.of('GateDecided').filter(before);
            expect(approved.map((decided) => decided.data.step)).toContain(need);
          }
        }
      }),
    );
  });

  it('keeps exactly one attempt, timer or question for each step that is under way', () => {
    fc.assert(
      fc.property(graph, fc.array(happening, { maxLength: 40 }), (definition, happenings) => {
        const engine = new Engine(definition);
        engine.start({});
        for (const next of happenings) {
          act(engine, next);
          if (engine.run().status !== 'running') continue;
          for (const { id } of engine.graph.steps) {
            const due = engine.state.timers.dueAt(`acme/run-1#${id}`);
            const state = statesOf(engine)[id];
            const open = ['scheduled', 'waiting', 'held'].includes(state ?? '');
            expect({ id, state, armed: due !== undefined }).toEqual({ id, state, armed: open });
          }
        }
      }),
    );
  });

  it('gives a repeated command no second effect', () => {
    fc.assert(
      fc.property(graph, fc.array(happening, { maxLength: 25 }), (definition, happenings) => {
        const once = new Engine(definition);
        const twice = new Engine(definition);
        once.start({}, { id: 'start' });
        twice.start({}, { id: 'start' });
        twice.start({}, { id: 'start' });
        for (const next of happenings) {
          act(once, next);
          act(twice, next);
        }
        const history = (engine: Engine) =>
          engine.log.filter((event) => event.sequence > 0).map((event) => [event.type, event.data]);
        expect(history(twice)).toEqual(history(once));
      }),
    );
  });

  it('lets no tenant touch another', () => {
    const script = fc.array(fc.tuple(happening, fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(graph, script, (definition, happenings) => {
        const timeless = happenings.filter(([next]) => next.kind !== 'time');
        const alone = new Engine(definition);
        const together = new Engine(definition);
        alone.start({}, { tenant: 'acme' });
        together.start({}, { tenant: 'acme' });
        together.start({}, { tenant: 'bolt' });
        for (const [next, isBolt] of timeless) {
          if (!isBolt) act(alone, next, 'acme');
          act(together, next, isBolt ? 'bolt' : 'acme');
        }
        const acme = (engine: Engine) =>
          engine.log
            .filter((event) => event.tenant === 'acme' && event.sequence > 0)
            .map(({ type, data }) => [type, data]);
        expect(acme(together)).toEqual(acme(alone));
      }),
    );
  });
});

function statesOf(engine: Engine): Record<string, string> {
  return Object.fromEntries([...stepsOf(engine.run())].map(([id, { status }]) => [id, status]));
}

describe('evolve', () => {
  it('accepts events in any order', () => {
    fc.assert(
      fc.property(
        graph,
        fc.array(happening, { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        (d, h, order) => {
          const engine = new Engine(d);
          engine.start({});
          for (const next of h) act(engine, next);
          const history = engine.log.filter((event) => event.sequence > 0);
          const picks = history.map(() => history[(order.next().value as number) % history.length]);
          const fold = () =>
            picks.reduce<RunState | undefined>(
              (run, event) => evolve(run, event as never),
              undefined,
            );
          expect(fold).not.toThrow();
        },
      ),
    );
  });
});
