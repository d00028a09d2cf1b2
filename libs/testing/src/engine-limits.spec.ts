import { CEILINGS } from '@fermata/contracts';
import { definitionOf, look } from './definitions';
import { Engine, typesOf } from './engine';

const DAY_MS = 86_400_000;
const TWO = { openAttemptsMax: 2, queuedStepsMax: 100 };

const wide = definitionOf({ a: look(), b: look(), c: look(), d: look(['a', 'b', 'c']) });
const single = definitionOf({ a: look() });

/** Steps that were scheduled, as run/step, in order. */
const scheduled = (engine: Engine) =>
  engine.of('AttemptScheduled').map(({ tenant, run, data }) => `${tenant}/${run}/${data.step}`);

describe('the limit of a tenant’s open attempts in a partition', () => {
  it('lets what is ready beyond it wait, and starts it when an attempt is closed', () => {
    const engine = new Engine(wide, DAY_MS, TWO);
    expect(typesOf(engine.start({})).slice(1)).toEqual([
      'RunStarted',
      'AttemptScheduled',
      'AttemptScheduled',
      'StepQueued',
    ]);
    expect(engine.of('StepQueued')[0]?.data).toEqual({ step: 'c', openAttemptsMax: 2 });
    expect(typesOf(engine.complete('a', 1))).toEqual(['StepCompleted', 'AttemptScheduled']);
    engine.complete('b', 2);
    engine.complete('c', 3);
    engine.complete('d', 4);
    expect(engine.run().status).toBe('completed');
  });

  it('lets the longest waiting start first, and who comes later wait behind', () => {
    const engine = new Engine(single, DAY_MS, TWO);
    for (const run of ['r1', 'r2', 'r4', 'r3', 'r5']) {
      engine.start({}, { run });
      engine.at += 10;
    }
    engine.complete('a', 1, { run: 'r2' });
    engine.start({}, { run: 'r0' });
    engine.complete('a', 1, { run: 'r1' });
    engine.complete('a', 1, { run: 'r4' });
    engine.complete('a', 1, { run: 'r3' });
    const order = ['r1', 'r2', 'r4', 'r3', 'r5', 'r0'];
    expect(scheduled(engine)).toEqual(order.map((run) => `acme/${run}/a`));
  });

  it('gives the place of a closed attempt to who waited, not to the next step of its run', () => {
    const chain = definitionOf({ a: look(), b: look(['a']) });
    const engine = new Engine(chain, DAY_MS, { ...TWO, openAttemptsMax: 1 });
    engine.start({}, { run: 'r1' });
    engine.start({}, { run: 'r2' });
    engine.at += 10;
    const events = engine.complete('a', 1, { run: 'r1' });
    expect(typesOf(events)).toEqual(['StepCompleted', 'StepQueued', 'AttemptScheduled']);
    expect(scheduled(engine)).toEqual(['acme/r1/a', 'acme/r2/a']);
  });

  it('leaves other tenants alone', () => {
    const engine = new Engine(single, DAY_MS, TWO);
    for (const run of ['r1', 'r2', 'r3']) engine.start({}, { run });
    engine.start({}, { run: 'r1', tenant: 'bolt' });
    expect(scheduled(engine)).toEqual(['acme/r1/a', 'acme/r2/a', 'bolt/r1/a']);
  });

  it('makes room when a run is cancelled', () => {
    const engine = new Engine(wide, DAY_MS, TWO);
    engine.start({}, { run: 'r1' });
    engine.start({}, { run: 'r2' });
    const events = engine.send('CancelRun', {}, { run: 'r1' });
    expect(typesOf(events)).toEqual(['RunCancelled', 'AttemptScheduled', 'AttemptScheduled']);
    expect(scheduled(engine).slice(2)).toEqual(['acme/r2/a', 'acme/r2/b']);
    expect(engine.state.queued.get('acme')?.size).toBe(1);
  });

  it('holds a step of a paused run back, in its place, and lets the others pass', () => {
    const engine = new Engine(single, DAY_MS, TWO);
    for (const run of ['r1', 'r2', 'r3', 'r4', 'r5']) {
      engine.start({}, { run });
      engine.at += 10;
    }
    engine.send('PauseRun', {}, { run: 'r3' });
    engine.complete('a', 1, { run: 'r1' });
    expect(scheduled(engine).at(-1)).toBe('acme/r4/a');
    engine.send('ResumeRun', {}, { run: 'r3' });
    engine.complete('a', 1, { run: 'r2' });
    expect(scheduled(engine).at(-1)).toBe('acme/r3/a');
  });

  it('counts a retry like any other attempt', () => {
    const engine = new Engine(single, DAY_MS, { ...TWO, openAttemptsMax: 1 });
    engine.start({}, { run: 'r1' });
    engine.start({}, { run: 'r2' });
    engine.fail('a', 'BUSY', true, { run: 'r1' });
    expect(scheduled(engine).at(-1)).toBe('acme/r2/a');
    engine.advance(2_000);
    expect(engine.log.at(-1)).toMatchObject({ type: 'StepQueued', run: 'r1' });
    engine.complete('a', 1, { run: 'r2' });
    expect(engine.of('AttemptScheduled').at(-1)).toMatchObject({ run: 'r1', data: { attempt: 2 } });
  });
});

describe('the limit of a tenant’s steps that wait', () => {
  const limits = { openAttemptsMax: 1, queuedStepsMax: 2 };

  it('refuses a new run, and takes results, controls and other tenants', () => {
    const engine = new Engine(single, DAY_MS, limits);
    for (const run of ['r1', 'r2', 'r3']) engine.start({}, { run });
    const [refused] = engine.start({}, { run: 'r4' });
    expect(refused).toMatchObject({
      type: 'CommandRejected',
      data: { kind: 'UNAVAILABLE', code: 'OVERLOADED', command: 'StartRun' },
    });
    expect(typesOf(engine.start({}, { run: 'r4', tenant: 'bolt' }))).toContain('AttemptScheduled');
    expect(typesOf(engine.send('CancelRun', {}, { run: 'r2' }))).toContain('RunCancelled');
    expect(typesOf(engine.complete('a', 1, { run: 'r1' }))).toContain('RunCompleted');
  });

  it('takes the same command when there is room again', () => {
    const engine = new Engine(single, DAY_MS, limits);
    for (const run of ['r1', 'r2', 'r3']) engine.start({}, { run });
    expect(typesOf(engine.start({}, { run: 'r4', id: 'once' }))).toEqual(['CommandRejected']);
    engine.complete('a', 1, { run: 'r1' });
    expect(typesOf(engine.start({}, { run: 'r4', id: 'once' }))).toContain('RunStarted');
    expect(typesOf(engine.start({}, { run: 'r4', id: 'once' }))).toEqual(['CommandDuplicated']);
  });

  it('says that a run exists before it says that there is no room', () => {
    const engine = new Engine(single, DAY_MS, limits);
    for (const run of ['r1', 'r2', 'r3']) engine.start({}, { run });
    expect(engine.start({}, { run: 'r1' })[0]?.data).toMatchObject({ code: 'RUN_EXISTS' });
  });
});

describe('the limit of what a tenant’s open runs hold', () => {
  const limits = { openAttemptsMax: 100, queuedStepsMax: 100, heldBytesMax: 20_000 };
  const large = { items: Array.from({ length: 100 }, () => ({})) };

  it('refuses a new run, until one of them has ended, and takes those of other tenants', () => {
    const engine = new Engine(single, DAY_MS, limits);
    for (const run of ['r1', 'r2', 'r3']) engine.start(large, { run });
    const [refused] = engine.start({}, { run: 'r4' });
    expect(refused).toMatchObject({
      type: 'CommandRejected',
      data: { kind: 'UNAVAILABLE', code: 'OVERLOADED', command: 'StartRun' },
    });
    expect(typesOf(engine.start({}, { run: 'r4', tenant: 'bolt' }))).toContain('RunStarted');
    expect(typesOf(engine.complete('a', 1, { run: 'r1' }))).toContain('RunCompleted');
    expect(typesOf(engine.start({}, { run: 'r4' }))).toContain('RunStarted');
    engine.send('CancelRun', {}, { run: 'r4', tenant: 'bolt' });
    for (const run of ['r2', 'r3', 'r4']) engine.send('CancelRun', {}, { run });
    expect(engine.state.heldOf.size).toBe(0);
  });

  it('fails a run whose results take it far beyond', () => {
    const steps = Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, look()]));
    const engine = new Engine(definitionOf(steps), DAY_MS, limits);
    engine.start({});
    const output = { items: Array.from({ length: 200 }, () => ({})) };
    for (const step of ['a', 'b']) engine.complete(step, output);
    expect(engine.complete('c', output).at(-1)).toMatchObject({
      type: 'RunFailed',
      data: { code: 'LIMIT_EXCEEDED' },
    });
    expect(engine.state.heldOf.size).toBe(0);
  });
});

describe('the ceilings of the operator', () => {
  it('bind what is scheduled from now on, also of a definition that was deployed before', () => {
    const ceilings = {
      ...CEILINGS,
      attemptTimeoutMsMax: 5_000,
      leaseMsMax: 2_000,
      runTimeoutMsMax: 60_000,
    };
    const long = definitionOf({ a: look([], { timeout: '3650d' }) }, { timeout: '3650d' });
    const engine = new Engine(long, DAY_MS, { ...TWO, ceilings });
    engine.start({});
    expect(engine.of('RunStarted')[0]?.data.deadlineAt).toBe(engine.at + 60_000);
    const scheduledAt = engine.at;
    expect(engine.of('AttemptScheduled')[0]?.data).toMatchObject({
      deadlineAt: scheduledAt + 5_000,
      leaseMs: 2_000,
    });
    engine.send('HeartbeatAttempt', { step: 'a', attempt: 1, runner: 'r' });
    expect(engine.of('AttemptClaimed')[0]?.data.leaseUntil).toBe(scheduledAt + 2_000);
  });
});
