import { LIMITS } from '@fermata/contracts';
import { definitionOf, look, review } from './definitions';
import { Engine, typesOf } from './engine';

const diamond = definitionOf(
  { a: look(), b: look(['a']), c: look(['a']), d: look(['b', 'c']) },
  { checkpoints: { c1: ['a'], c2: ['b', 'c'], c3: ['d'] } },
);

describe('a run', () => {
  it('starts its first steps, with the definition on the log before them', () => {
    const engine = new Engine(diamond);
    const events = engine.start({ amount: 1 });
    expect(typesOf(events)).toEqual(['DefinitionRecorded', 'RunStarted', 'AttemptScheduled']);
    expect(engine.of('AttemptScheduled')[0]?.data).toMatchObject({
      step: 'a',
      attempt: 1,
      policy: { name: 'plain', version: '1.0.0' },
      input: { amount: 1 },
    });
  });

  it('runs branches in parallel and joins them, with a checkpoint after both', () => {
    const engine = new Engine(diamond);
    engine.start({});
    expect(typesOf(engine.complete('a', 1))).toEqual([
      'StepCompleted',
      'CheckpointReached',
      'AttemptScheduled',
      'AttemptScheduled',
    ]);
    expect(typesOf(engine.complete('c', 3))).toEqual(['StepCompleted']);
    expect(typesOf(engine.complete('b', 2))).toEqual([
      'StepCompleted',
      'CheckpointReached',
      'AttemptScheduled',
    ]);
    expect(engine.of('AttemptScheduled').at(-1)?.data.input).toEqual({ b: 2, c: 3 });
    expect(typesOf(engine.complete('d', 4))).toEqual([
      'StepCompleted',
      'CheckpointReached',
      'RunCompleted',
    ]);
    expect(engine.of('RunCompleted')[0]?.data.output).toEqual({ d: 4 });
  });

  it('skips a step whose condition is false, and goes on behind it', () => {
    const steps = {
      a: look(),
      b: look(['a'], { when: 'steps.a.output == "go"' }),
      c: look(['b'], { input: { was: 'steps.b.status' } }),
    };
    const engine = new Engine(definitionOf(steps));
    engine.start({});
    expect(typesOf(engine.complete('a', 'stay'))).toEqual([
      'StepCompleted',
      'StepSkipped',
      'AttemptScheduled',
    ]);
    expect(engine.of('AttemptScheduled').at(-1)?.data.input).toEqual({ was: 'skipped' });
  });

  it('fails a step whose condition has no value, rather than guess', () => {
    const steps = { a: look(), b: look(['a'], { when: 'steps.a.output.score > 5' }) };
    const engine = new Engine(definitionOf(steps));
    engine.start({});
    expect(typesOf(engine.complete('a', 'no object'))).toContain('RunFailed');
    expect(engine.of('RunFailed')[0]?.data.code).toBe('EXPRESSION_FAILED');
  });

  it('tries a failed attempt again after a backoff that grows and is derived from ids', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    const [failed] = engine.fail('a', 'BUSY', true);
    const waitMs = failed?.type === 'AttemptFailed' ? (failed.data.retryAt ?? 0) - engine.at : 0;
    expect(waitMs).toBeGreaterThanOrEqual(500);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect(typesOf(engine.advance(waitMs - 1))).toEqual([]);
    expect(typesOf(engine.advance(1))).toEqual(['AttemptScheduled']);
    expect(engine.of('AttemptScheduled').at(-1)?.data.attempt).toBe(2);
  });

  it('fails after its last attempt', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    for (let attempt = 1; attempt < 3; attempt++) {
      engine.fail('a', 'BUSY', true);
      engine.advance(4_000);
    }
    expect(typesOf(engine.fail('a', 'BUSY', true))).toEqual([
      'AttemptFailed',
      'StepFailed',
      'RunFailed',
    ]);
  });

  it('does not retry what can not succeed', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    expect(typesOf(engine.fail('a', 'DOCUMENT_UNREADABLE', false))).toContain('RunFailed');
    expect(engine.of('RunFailed')[0]?.data).toMatchObject({ code: 'DOCUMENT_UNREADABLE' });
  });

  it('times an attempt out and tries again', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    expect(typesOf(engine.advance(30_000))).toEqual(['AttemptFailed']);
    expect(engine.of('AttemptFailed')[0]?.data).toMatchObject({
      code: 'ATTEMPT_TIMED_OUT',
      rule: 'classes.read.attemptsMax',
    });
  });

  it('fails once its history is full, however long its agents go on', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    const key = 'acme/run-1';
    engine.state.runs.set(key, { ...engine.run(), sequence: LIMITS.runEventsMax - 1 });
    const beat = { step: 'a', attempt: 1, runner: 'runner-1' };
    expect(typesOf(engine.send('HeartbeatAttempt', beat))).toEqual(['AttemptClaimed', 'RunFailed']);
    expect(engine.of('RunFailed')[0]?.data.code).toBe('LIMIT_EXCEEDED');
  });

  it('fails, rather than stop its partition, when a decision is larger than any append', () => {
    const engine = new Engine(
      definitionOf({
        a: look(),
        ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`b${n}`, look(['a'])])),
      }),
    );
    engine.start({});
    const events = engine.complete('a', 'x'.repeat(800_000));
    expect(typesOf(events)).toEqual(['RunFailed']);
    expect(engine.of('RunFailed')[0]?.data).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(engine.run().status).toBe('failed');
    const many = Array.from({ length: 40 }, (_, n) => [`c${n}`, look([])]);
    const wide = new Engine(definitionOf(Object.fromEntries(many)));
    wide.start('x'.repeat(800_000));
    expect(wide.of('CommandRejected')[0]?.data).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('is measured in bytes, of which a character may have three', () => {
    const many = Array.from({ length: 40 }, (_, n) => [`c${n}`, look([])]);
    const wide = new Engine(definitionOf(Object.fromEntries(many)));
    wide.start('界'.repeat(340_000));
    expect(wide.of('CommandRejected')[0]?.data).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    wide.start('x'.repeat(340_000), { run: 'run-2' });
    expect(wide.run('run-2').status).toBe('running');
  });

  it('times out as a whole', () => {
    const engine = new Engine(definitionOf({ a: look() }, { timeout: '10s' }));
    engine.start({});
    expect(typesOf(engine.advance(10_000))).toEqual(['RunTimedOut']);
    expect(engine.state.timers.size).toBe(0);
  });

  it('refuses an output that breaks its handoff contract, and nobody sees it', () => {
    const contract = { type: 'object', properties: { score: { type: 'number' } } };
    const steps = { a: look([], { output: { ...contract, required: ['score'] } }), b: look(['a']) };
    const engine = new Engine(definitionOf(steps));
    engine.start({});
    expect(typesOf(engine.complete('a', { score: 'high' }))).toEqual(['AttemptFailed']);
    expect(engine.of('AttemptFailed')[0]?.data).toMatchObject({
      code: 'CONTRACT_VIOLATED',
      message: 'expected that /score must be number, found "high"',
    });
    engine.advance(4_000);
    expect(engine.of('AttemptScheduled').map((event) => event.data.step)).toEqual(['a', 'a']);
  });

  it('holds what it learns while it is paused, and goes on when resumed', () => {
    const engine = new Engine(definitionOf({ a: look(), b: look(['a']) }, { timeout: '1h' }));
    engine.start({});
    engine.send('PauseRun', {});
    expect(typesOf(engine.complete('a', 1))).toEqual(['StepCompleted']);
    expect(typesOf(engine.advance(7_200_000))).toEqual([]);
    expect(typesOf(engine.send('ResumeRun', {}))).toEqual(['RunResumed', 'AttemptScheduled']);
    expect(engine.run().deadlineAt).toBe(1_700_000_000_000 + 3_600_000 + 7_200_000);
  });

  it('records effects whose outcome is unknown when it is cancelled', () => {
    const engine = new Engine(definitionOf({ a: { agent: 'any', capability: 'act' } }));
    engine.start({});
    engine.send('IntendEffect', { step: 'a', attempt: 1, runner: 'r', digest: 'd'.repeat(64) });
    engine.send('CancelRun', { reason: 'wrong customer' });
    expect(engine.of('RunCancelled')[0]?.data.unsettled).toMatchObject([{ step: 'a' }]);
    expect(typesOf(engine.complete('a', 1, { runner: 'r' }))).toEqual(['ResultIgnored']);
  });

  it('refuses commands to a run that is not there, and to one that ended', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.send('CancelRun', {}, { run: 'nobody' });
    engine.start({});
    engine.complete('a', 1);
    engine.send('CancelRun', {});
    expect(engine.of('CommandRejected').map((event) => event.data.code)).toEqual([
      'NOT_FOUND',
      'RUN_ENDED',
    ]);
  });

  it('refuses an input that breaks the contract of the workflow', () => {
    const input = { type: 'object', required: ['amount'] };
    const engine = new Engine(definitionOf({ a: look() }, { input }));
    engine.start({});
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('INPUT_INVALID');
  });

  it('gives a late, repeated or foreign result no effect and records the first', () => {
    const engine = new Engine(definitionOf({ a: look(), b: look(['a']) }));
    engine.start({});
    engine.complete('a', 1);
    expect(typesOf(engine.complete('a', 2, { attempt: 1 }))).toEqual(['ResultIgnored']);
    expect(typesOf(engine.complete('a', 3, { attempt: 1 }))).toEqual([]);
    engine.send('HeartbeatAttempt', { step: 'b', attempt: 1, runner: 'mine' });
    expect(typesOf(engine.complete('b', 1, { runner: 'other' }))).toEqual(['ResultIgnored']);
    expect(typesOf(engine.complete('b', 1, { runner: 'mine' }))).toContain('RunCompleted');
  });

  it('tries again at once when the runner that claimed an attempt is lost', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    engine.send('HeartbeatAttempt', { step: 'a', attempt: 1, runner: 'gone' });
    expect(typesOf(engine.advance(10_000))).toEqual(['AttemptFailed', 'AttemptScheduled']);
    expect(engine.of('AttemptFailed')[0]?.data).toMatchObject({ code: 'ATTEMPT_LOST', lost: true });
    expect(engine.of('AttemptFailed')[0]?.data).not.toHaveProperty('rule');
  });

  it('keeps a claim as long as its runner says that it works', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    for (let beat = 0; beat < 3; beat++) {
      engine.send('HeartbeatAttempt', { step: 'a', attempt: 1, runner: 'mine' });
      expect(typesOf(engine.advance(6_000))).toEqual([]);
    }
  });

  it('keeps review and its run apart from other tenants', () => {
    const engine = new Engine(
      definitionOf({ a: look(), r: review(['a'], { was: 'steps.a.output' }) }),
    );
    engine.start({}, { tenant: 'acme' });
    engine.start({}, { tenant: 'bolt' });
    engine.complete('a', 'acme data', { tenant: 'acme' });
    expect(engine.of('GateOpened').map((event) => event.tenant)).toEqual(['acme']);
    engine.send('CancelRun', {}, { tenant: 'other' });
    expect(engine.of('CommandRejected').at(-1)?.data.code).toBe('NOT_FOUND');
  });

  it('is forgotten at the moment its key is free, before any event tells of that moment', () => {
    const engine = new Engine(definitionOf({ a: look() }), 60_000);
    engine.start({}, { run: 'r1' });
    engine.complete('a', 1, { run: 'r1' });
    engine.at += 60_000;
    const late = engine.complete('a', 2, { run: 'r1', attempt: 1 });
    expect(late[0]?.data).toMatchObject({ code: 'NOT_FOUND' });
    const other = new Engine(definitionOf({ a: look() }), 60_000);
    other.start({}, { run: 'r1' });
    other.complete('a', 1, { run: 'r1' });
    other.at += 60_000;
    expect(other.start({}, { run: 'r1' }).map(({ run }) => run)).toEqual(['r1~2', 'r1~2']);
  });
});
