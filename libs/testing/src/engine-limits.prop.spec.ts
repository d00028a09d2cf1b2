import fc from 'fast-check';
import { emptyPartition, fold, timerOf, type PartitionState } from '@fermata/core';
import { definitionOf, look } from './definitions';
import { Engine } from './engine';

const LIMITS = { openAttemptsMax: 2, queuedStepsMax: 1_000 };
const flow = definitionOf({
  a: look(),
  b: look(),
  c: look(['a']),
  d: { agent: 'any', capability: 'act', needs: ['b'] },
  e: look(['c', 'd']),
});

const KINDS = ['start', 'complete', 'fail', 'beat', 'time', 'pause', 'resume', 'cancel'] as const;
const happening = fc.record({
  kind: fc.constantFrom(...KINDS),
  tenant: fc.constantFrom('acme', 'bolt'),
  run: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
  step: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  yes: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function act(engine: Engine, { kind, tenant, run, step, yes }: Happening): void {
  const saying = { tenant, run };
  switch (kind) {
    case 'start':
      return void engine.start({}, saying);
    case 'complete':
      return void engine.complete(step, 1, saying);
    case 'fail':
      return void engine.fail(step, 'BUSY', yes, saying);
    case 'beat': {
      const data = { step, attempt: 1, runner: 'gone' };
      return void engine.send('HeartbeatAttempt', data, saying);
    }
    case 'time':
      return void engine.advance(yes ? 1_500 : 12_000);
    case 'pause':
      return void engine.send('PauseRun', {}, saying);
    case 'resume':
      return void engine.send('ResumeRun', {}, saying);
    case 'cancel':
      return void (yes && engine.send('CancelRun', {}, saying));
  }
}

/** What the limits rest on, as plain values. */
function limitsOf({ openOf, queued, timers }: PartitionState) {
  const inOrder = [...queued].map(([tenant, queue]) => [
    tenant,
    queue.due(Infinity, 1_000).map(({ key, dueAt }) => `${dueAt} ${key}`),
  ]);
  return { open: [...openOf].sort(), queued: inOrder.sort(), timers: timers.size };
}

/** Attempts that the log says are open, counted from the runs themselves. */
function openByRuns({ runs }: PartitionState, tenant: string): number {
  return [...runs.values()]
    .filter((run) => run.tenant === tenant)
    .reduce((sum, { open }) => sum + open, 0);
}

describe('the limits of a tenant, whatever happens', () => {
  it('hold, and leave nothing waiting while there is room', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        const engine = new Engine(flow, 86_400_000, LIMITS);
        for (const next of happenings) {
          act(engine, next);
          for (const tenant of ['acme', 'bolt']) {
            const open = openByRuns(engine.state, tenant);
            expect(open).toBe(engine.state.openOf.get(tenant) ?? 0);
            expect(open).toBeLessThanOrEqual(LIMITS.openAttemptsMax);
            if (engine.state.queued.has(tenant)) expect(open).toBe(LIMITS.openAttemptsMax);
          }
        }
      }),
    );
  });

  it('rest on the log alone: a fold of it gives the same counts and the same order', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const engine = new Engine(flow, 86_400_000, LIMITS);
        for (const next of happenings) act(engine, next);
        const folded = emptyPartition(86_400_000);
        for (const event of engine.log) fold(folded, event);
        expect(limitsOf(folded)).toEqual(limitsOf(engine.state));
      }),
    );
  });

  it('lose nothing: when all attempts are answered, every run that goes on completes', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const engine = new Engine(flow, 86_400_000, LIMITS);
        for (const next of happenings) act(engine, next);
        for (const { tenant, run, status } of [...engine.state.runs.values()]) {
          if (status === 'paused') engine.send('ResumeRun', {}, { tenant, run });
        }
        for (let turn = 0; turn < 100 && engine.state.runs.size > 0; turn++) {
          for (const { tenant, run } of [...engine.state.runs.values()]) {
            for (const step of ['a', 'b', 'c', 'd', 'e']) {
              engine.complete(step, 1, { tenant, run, runner: 'gone' });
            }
          }
          engine.advance(1_000);
        }
        const waiting = [...engine.state.queued.values()].flatMap((queue) =>
          queue.due(Infinity, 1_000).map(({ key }) => timerOf(key)),
        );
        expect({ waiting, runs: engine.state.runs.size }).toEqual({ waiting: [], runs: 0 });
      }),
    );
  });
});
