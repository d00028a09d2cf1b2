import fc from 'fast-check';
import { canonicalJson, type Event, type Json } from '@fermata/contracts';
import {
  emptyPartition,
  ENTRIES_VERSION,
  entriesOfState,
  entriesTouched,
  fold,
  lineOf,
  nothingTouched,
  restoredAt,
  restoreLine,
  sha256Hex,
  stepsOf,
  touch,
  type PartitionState,
  type Touched,
} from '@fermata/core';
import { definitionOf, look, review } from './definitions';
import { Engine } from './engine';

const HOUR_MS = 3_600_000;
/** So few that steps wait for one another. */
const LIMITS = { openAttemptsMax: 1, queuedStepsMax: 10 };
const FLOW = definitionOf({ s0: look(), s1: look(['s0']), s2: review(['s1'], { run: 'run.id' }) });

/** One thing that may happen to one of a few runs of two tenants. */
const happening = fc.record({
  kind: fc.constantFrom('start', 'complete', 'fail', 'beat', 'decide', 'time', 'pause', 'cancel'),
  run: fc.constantFrom('r1', 'r2', 'r3', 'r1~2'),
  tenant: fc.constantFrom('acme', 'globex'),
  step: fc.constantFrom('s0', 's1'),
  many: fc.nat(5),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function act(engine: Engine, { kind, run, tenant, step, many }: Happening): void {
  const saying = { run, tenant };
  const who = { attempt: 1, runner: 'r-1', step };
  if (kind === 'start') engine.start({ many }, { ...saying, run: run.slice(0, 2) });
  else if (kind === 'complete') engine.send('CompleteAttempt', { ...who, output: many }, saying);
  else if (kind === 'beat') engine.send('HeartbeatAttempt', who, saying);
  else if (kind === 'fail') {
    const said = { code: 'BUSY', message: 'busy', retryable: many > 1 };
    engine.send('FailAttempt', { ...who, ...said }, saying);
  } else if (kind === 'decide') {
    const data = { gate: `${run}/s2/gate-1`, approver: 'user:ravi', groups: ['reviewers'] };
    engine.send('DecideGate', { ...data, decision: many > 1 ? 'approve' : 'reject' }, saying);
  } else if (kind === 'time') engine.advance(many * 20 * 60_000);
  else if (kind === 'cancel') engine.send('CancelRun', {}, saying);
  else engine.send(many > 2 ? 'PauseRun' : 'ResumeRun', {}, saying);
}

/** All that a state says: keys and ended runs in their order, which decides what is dropped. */
function told(state: PartitionState) {
  const runs = [...state.runs].map(([key, run]) => {
    const steps = Object.fromEntries([...stepsOf(run)].map(([id, step]) => [id, { ...step }]));
    const timers = Object.keys(steps).map((id) => [id, state.timers.dueAt(`${key}#${id}`)]);
    return [key, { ...run, steps }, Object.fromEntries(timers)] as const;
  });
  return {
    at: state.at,
    runs: Object.fromEntries(runs.map(([key, ...rest]) => [key, rest])),
    // Those that ended at one moment are dropped at one moment.
    ended: [...state.ended.keys()].map((key) => state.ended.get(key)?.keyFreeAt),
    endedRuns: Object.fromEntries([...state.ended].map(([key, { run }]) => [key, run.status])),
    commands: [...state.commands],
    lives: Object.fromEntries(state.lives),
    definitions: [...state.definitions.keys()],
    timers: state.timers.size,
    open: Object.fromEntries(state.openOf),
    held: Object.fromEntries(state.heldOf),
    queued: Object.fromEntries(
      [...state.queued].map(([who, line]) => [who, line.due(Infinity, 99)]),
    ),
  };
}

/** A state restored from what was written of it at some places of the log, and the rest folded. */
function restored(log: readonly Event[], cuts: readonly number[], keyWindowMs: number) {
  const written: string[] = [];
  const live = emptyPartition(keyWindowMs);
  let touched: Touched | null = null;
  const write = (): void => {
    const entries = touched === null ? entriesOfState(live) : entriesTouched(live, touched);
    for (const entry of entries) written.push(lineOf(entry));
    touched = nothingTouched();
  };
  for (const [at, event] of log.entries()) {
    if (cuts.includes(at)) write();
    fold(live, event);
    if (touched !== null) touch(touched, event);
  }
  write();
  const state = emptyPartition(keyWindowMs);
  for (const line of written) restoreLine(state, line);
  restoredAt(state, live.at);
  return { live, state };
}

describe('a restore point', () => {
  const history = fc.array(happening, { minLength: 1, maxLength: 60 });
  const cuts = fc.array(fc.nat(150), { maxLength: 4 });

  it('gives the state that the log gives, however often it was written between', () => {
    fc.assert(
      fc.property(history, cuts, fc.constantFrom(HOUR_MS, 24 * HOUR_MS), (all, at, windowMs) => {
        const engine = new Engine(FLOW, windowMs, LIMITS);
        for (const next of all) act(engine, next);
        const { live, state } = restored(engine.log, at, windowMs);
        expect(told(state)).toEqual(told(live));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps ended runs in the order of their ends, which is that of forgetting them', () => {
    const engine = new Engine(FLOW, HOUR_MS);
    for (const run of ['r1', 'r2', 'r3']) engine.start({}, { run });
    const cut = engine.log.length;
    engine.send('PauseRun', {}, { run: 'r1' });
    for (const run of ['r3', 'r2', 'r1']) engine.send('CancelRun', {}, { run });
    const { live, state } = restored(engine.log, [cut], HOUR_MS);
    expect([...state.ended.keys()]).toEqual([...live.ended.keys()]);
  });

  it('is gone on from as if there had been no break', () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const engine = new Engine(FLOW, HOUR_MS, LIMITS);
        for (const next of before) act(engine, next);
        const { state } = restored(engine.log, [], HOUR_MS);
        const from = engine.log.length;
        for (const next of after) act(engine, next);
        for (const event of engine.log.slice(from)) fold(state, event);
        expect(told(state)).toEqual(told(engine.state));
      }),
    );
  });

  it('says the same whatever was written before it: its lines are canonical JSON values', () => {
    const engine = new Engine(FLOW);
    engine.start({ note: '\u0000 ünïcode 😀' });
    const lines = [...entriesOfState(engine.state)].map(lineOf);
    for (const line of lines) expect(line).not.toContain('\n');
    const state = emptyPartition(24 * HOUR_MS);
    for (const line of lines) restoreLine(state, line);
    const canonical = (text: string) => canonicalJson(JSON.parse(text) as Json);
    const again = [...entriesOfState(state)].map(lineOf).map(canonical);
    expect(again).toEqual(lines.map(canonical));
  });
});

describe('the version of a restore point’s entries', () => {
  it('rises with every change of what they say: then take over the new hash here', () => {
    const engine = new Engine(FLOW);
    for (const run of ['r1', 'r2', 'r3']) engine.start({ run }, { run });
    engine.send('HeartbeatAttempt', { step: 's0', attempt: 1, runner: 'r-1' }, { run: 'r1' });
    engine.fail('s0', 'BUSY', true, { run: 'r2' });
    for (const step of ['s0', 's1']) engine.complete(step, { step }, { run: 'r3' });
    engine.send('CancelRun', {}, { run: 'r2' });
    const lines = [...entriesOfState(engine.state)].map(lineOf);
    const canonical = lines.map((line) => canonicalJson(JSON.parse(line) as Json));
    expect([ENTRIES_VERSION, sha256Hex(canonical.join('\n'))]).toEqual([
      6,
      '8aa92dae88c90084eba5bdbc8af1c5892328c6a50b16f9c8c47e90cfe730b428',
    ]);
  });
});
