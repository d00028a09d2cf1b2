import { LIMITS } from '@fermata/contracts';
import { Logger } from '@nestjs/common';
import { House, type Work } from './house.fixture';

// What breaks here breaks on purpose.
beforeAll(() => Logger.overrideLogger(false));

let house: House;
afterEach(() => house.close());

/** Work that begins, says so, and ends when it is let go. */
function slow() {
  let begin: () => void = () => undefined;
  let end: (output: unknown) => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const done = new Promise<unknown>((resolve) => (end = resolve));
  const calls: Parameters<Work>[1][] = [];
  const work: Work = async (_, context) => {
    calls.push(context);
    begin();
    return done;
  };
  return { work, calls, begun, end };
}

const LOOK = { a: { capability: 'look' } };
const ACT = { a: { capability: 'act' } };

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('an attempt', () => {
  it('is performed with what the log says of it, and answered', async () => {
    const { work, calls, end } = slow();
    house = await House.open(LOOK, { look: work });
    house.runner();
    await house.start();
    end({ found: 7 });
    const completed = await house.event('RunCompleted');
    expect(completed.data.output).toEqual({ a: { found: 7 } });
    const [scheduled] = house.engine.of('AttemptScheduled');
    expect(calls).toMatchObject([
      {
        tenant: 'acme',
        run: 'run-1',
        step: 'a',
        attempt: { id: 'run-1/a/1', number: 1 },
        idempotencyKey: scheduled?.data.idempotencyKey,
        deadlineAt: scheduled?.data.deadlineAt,
      },
    ]);
  });

  it('fails for good when its answer is too large for the log', async () => {
    house = await House.open(LOOK, { look: async () => 'x'.repeat(2_000) });
    house.runner({ charsMax: 1_000 });
    await house.start();
    const failed = await house.command('FailAttempt');
    expect(failed.data).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
    await house.event('RunFailed');
  });

  it.each<[string, () => unknown, string]>([
    ['a BigInt', () => ({ n: 12n }), 'JSON at /n, found the BigInt 12'],
    ['NaN', () => ({ rows: [{ n: Number.NaN }] }), 'JSON at /rows/0/n, found NaN'],
    ['a Map', () => new Map(), 'JSON at the value, found an object of class Map'],
    ['a member that is undefined', () => ({ a: undefined }), 'JSON at /a, found undefined'],
    [
      'a value that holds itself',
      () => {
        const value: Record<string, unknown> = {};
        return Object.assign(value, { self: value });
      },
      'JSON at /self, found a value that holds itself',
    ],
  ])('that answers %s fails for good, with the place', async (_, output, message) => {
    house = await House.open(LOOK, { look: async () => output() });
    house.runner();
    await house.start();
    const { data } = await house.command('FailAttempt');
    expect(data).toMatchObject({ code: 'CONTRACT_VIOLATED', retryable: false });
    expect(data).toMatchObject({ message: expect.stringContaining(message) });
    await house.event('RunFailed');
  });

  it.each([
    ['holds half a character', 'broken \uD83D pipe'],
    ['is cut inside a character', `${'x'.repeat(LIMITS.reasonCharsMax - 2)}😀😀`],
  ])('is heard to fail when what its agent says %s', async (_, message) => {
    const work = async () =>
      Promise.reject(Object.assign(new Error(message), { retryable: false }));
    house = await House.open(LOOK, { look: work });
    house.runner();
    await house.start();
    await house.event('RunFailed');
    const { data } = await house.command('FailAttempt');
    expect(data).toMatchObject({
      code: 'AGENT_FAILED',
      message: expect.stringMatching(/broken|…$/),
    });
  });

  it('fails for good when its command would be more than the door takes', async () => {
    house = await House.open(LOOK, { look: async () => 'x'.repeat(899_990) });
    house.runner();
    await house.start();
    const failed = await house.command('FailAttempt');
    expect(failed.data).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
  });

  it('is claimed by a heartbeat: of its agent, or of the runner once it lasts', async () => {
    const { work, end } = slow();
    house = await House.open(LOOK, { look: work });
    house.runner();
    await house.start();
    const claimed = await house.event('AttemptClaimed');
    expect(claimed.data).toMatchObject({ step: 'a', attempt: 1, runner: 'runner-1' });
    end(null);
    await house.event('RunCompleted');
    const beating: Work = async (_, context) => {
      context.heartbeat();
      await house.event('AttemptClaimed', 'run-2');
      return 'still here';
    };
    Object.assign(globalThis, { fermataWork: { look: beating } });
    await house.start('run-2');
    expect((await house.event('RunCompleted', 'run-2')).data.output).toEqual({ a: 'still here' });
  });

  it('hears that its run was cancelled, and says nothing any more', async () => {
    let hear: (reason: unknown) => void = () => undefined;
    const aborted = new Promise<unknown>((resolve) => (hear = resolve));
    const { calls, begun, work } = slow();
    const watching: Work = async (input, context) => {
      context.signal.addEventListener('abort', () => hear(context.signal.reason));
      await Promise.race([work(input, context), aborted]);
      return 'too late';
    };
    house = await House.open(LOOK, { look: watching });
    house.runner();
    await house.start();
    await begun;
    expect(calls[0]?.signal.aborted).toBe(false);
    await house.cancel();
    expect(await aborted).toMatchObject({ message: expect.stringMatching(/attempt is closed/) });
    Object.assign(globalThis, { fermataWork: { look: async () => 1 } });
    await house.start('run-2');
    await house.event('RunCompleted', 'run-2');
    expect(house.sent.filter(({ run }) => run === 'run-1')).toEqual([]);
  });

  it('that throws fails with the code of what was thrown', async () => {
    const work: Work = async () => {
      throw Object.assign(new Error('no such thing'), { code: 'NO_THING', retryable: false });
    };
    house = await House.open(LOOK, { look: work });
    house.runner();
    await house.start();
    expect((await house.event('StepFailed')).data).toMatchObject({
      code: 'NO_THING',
      message: 'no such thing',
    });
  });

  it('is given back by a runner that is told to end, and begun anew by the next one', async () => {
    const { work, begun, calls } = slow();
    house = await House.open(LOOK, { look: work });
    const first = house.runner();
    await house.start();
    await begun;
    await first.stop();
    expect((await house.event('AttemptFailed')).data).toMatchObject({
      code: 'ATTEMPT_RELEASED',
      lost: true,
      released: true,
    });
    expect(calls[0]?.signal.aborted).toBe(true);
    Object.assign(globalThis, { fermataWork: { look: async () => 'second' } });
    house.runner();
    expect((await house.event('RunCompleted')).data.output).toEqual({ a: 'second' });
  });

  it('of an effect is not given back once it was granted', async () => {
    const { work, begun } = slow();
    house = await House.open(ACT, { act: work });
    const runner = house.runner();
    await house.start();
    await begun;
    await runner.stop();
    expect(house.sent.map(({ type }) => type)).toEqual(['IntendEffect']);
  });

  it('tells at its deadline that its runner lives, and its agent is too slow', async () => {
    const { work, begun } = slow();
    const retry = { attemptsMax: 1 };
    const steps = { a: { capability: 'look', timeout: '1200ms', retry } };
    house = await House.open(steps, { look: work });
    house.runner();
    await house.start();
    await begun;
    await house.event('AttemptClaimed');
    await house.pass(1_200);
    await house.event('RunFailed');
    const code = 'ATTEMPT_TIMED_OUT';
    expect((await house.event('AttemptFailed')).data).toMatchObject({ code, lost: false });
  });

  it('is performed anew by the next process when its own died', async () => {
    const { work, begun } = slow();
    house = await House.open(LOOK, { look: work });
    const first = house.runner();
    await house.start();
    await begun;
    await first.die();
    Object.assign(globalThis, { fermataWork: { look: async () => 'second' } });
    house.runner();
    expect((await house.event('RunCompleted')).data.output).toEqual({ a: 'second' });
  });

  it('claimed by a process that died is performed by another once its lease has ended', async () => {
    const { work, begun } = slow();
    house = await House.open(LOOK, { look: work });
    const first = house.runner();
    await house.start();
    await begun;
    await house.event('AttemptClaimed');
    await first.die();
    const other = slow();
    Object.assign(globalThis, { fermataWork: { look: other.work } });
    house.runner();
    await house.pass(9_000);
    expect(house.engine.of('AttemptFailed')).toEqual([]);
    await house.pass(2_000);
    expect((await house.event('AttemptFailed')).data).toMatchObject({ code: 'ATTEMPT_LOST' });
    other.end('second');
    expect((await house.event('RunCompleted')).data.output).toEqual({ a: 'second' });
    expect(other.calls.map(({ attempt }) => attempt.number)).toEqual([2]);
  });

  it('goes on when the runner had to read the log again, and is begun no second time', async () => {
    const { work, calls, begun, end } = slow();
    house = await House.open(LOOK, { look: work });
    const runner = house.runner();
    await house.start();
    await begun;
    runner.breakReading();
    Object.assign(globalThis, { fermataWork: { look: async () => 'another' } });
    await house.start('run-2');
    await house.event('RunCompleted', 'run-2');
    expect(calls[0]?.signal.aborted).toBe(false);
    end('first');
    expect((await house.event('RunCompleted')).data.output).toEqual({ a: 'first' });
  });
});

describe('an attempt whose agent is busy', () => {
  it('waits unclaimed, and is performed once when there is a place', async () => {
    const first = slow();
    house = await House.open(LOOK, { look: first.work }, 1);
    const runner = house.runner();
    await house.start('run-1');
    await first.begun;
    const second = slow();
    Object.assign(globalThis, { fermataWork: { look: second.work } });
    await house.start('run-2');
    // The claim of the one that is performed shows that time enough for another has passed.
    await house.event('AttemptClaimed', 'run-1');
    runner.breakReading();
    await house.start('run-3');
    expect(second.calls).toEqual([]);
    expect(house.sent.filter(({ run }) => run !== 'run-1')).toEqual([]);
    first.end('one');
    await second.begun;
    second.end('two');
    await house.event('RunCompleted', 'run-3');
    expect(second.calls.map(({ run }) => run)).toEqual(['run-2', 'run-3']);
  });

  it('is claimed as often as its lease needs, also when that lasts for months', async () => {
    const backoff = { initial: '1s', factor: 1, max: '1s' };
    const read = { attemptsMax: 1, backoff, timeout: '3650d', lease: '90d' };
    const first = slow();
    const policy = { classes: { reasoning: read, read, effect: read } };
    house = await House.open(LOOK, { look: first.work }, 1, policy);
    house.runner();
    await house.start();
    await house.command('HeartbeatAttempt');
    // A timer of the platform that is set for too long rings every millisecond.
    for (const since = Date.now(); Date.now() - since < 50; ) await turn();
    expect(house.sent.filter(({ type }) => type === 'HeartbeatAttempt')).toHaveLength(1);
  });

  it('asks for no grant of an effect before it has a place', async () => {
    const first = slow();
    house = await House.open(ACT, { act: first.work }, 1);
    house.runner();
    await house.start('run-1');
    await first.begun;
    await house.start('run-2');
    await house.command('HeartbeatAttempt', 'run-1');
    expect(house.engine.of('EffectIntended').map(({ run }) => run)).toEqual(['run-1']);
    first.end('done');
    await house.event('RunCompleted', 'run-2');
    expect(house.engine.of('EffectIntended').map(({ run }) => run)).toEqual(['run-1', 'run-2']);
  });

  it('is not performed any more when it was cancelled, or its deadline came, while it waited', async () => {
    const first = slow();
    house = await House.open(LOOK, { look: first.work }, 1);
    house.runner();
    for (const run of ['run-1', 'run-2', 'run-3', 'run-4']) await house.start(run);
    await first.begun;
    await house.cancel('run-2');
    await house.event('AttemptClaimed', 'run-1');
    await house.pass(31_000);
    await house.event('AttemptFailed', 'run-3');
    const other = slow();
    Object.assign(globalThis, { fermataWork: { look: other.work } });
    await house.start('run-5');
    first.end('one');
    other.end('other');
    await house.event('RunCompleted', 'run-5');
    expect(other.calls.map(({ run }) => run)).not.toContain('run-2');
    expect(other.calls.every(({ run, attempt }) => run === 'run-5' || attempt.number > 1)).toBe(
      true,
    );
  });

  it('of a tenant with one waits for one of each other tenant, not for all of them', async () => {
    const { work, calls, begun, end } = slow();
    house = await House.open(LOOK, { look: work }, 1);
    house.runner();
    for (let number = 0; number < 30; number++) await house.start(`rush-${number}`);
    await begun;
    await house.start('quiet', 'bolt');
    await house.event('AttemptClaimed', 'rush-0');
    end(1);
    await house.event('RunCompleted', 'quiet');
    expect(calls.findIndex(({ tenant }) => tenant === 'bolt')).toBeLessThanOrEqual(2);
  });
});

describe('an attempt of another pool', () => {
  it('is left to the runners that perform its agent', async () => {
    const { work, calls, end } = slow();
    end('done');
    house = await House.open(LOOK, { look: work });
    house.runner({ agents: 'other' });
    house.runner({ agents: '!any' });
    await house.start('run-1');
    house.runner({ agents: 'any' });
    await house.event('RunCompleted', 'run-1');
    expect(calls).toHaveLength(1);
  });
});

describe('an effect', () => {
  it('is called only after its intent stands on the log', async () => {
    let seen = 0;
    const act: Work = async () => {
      seen = house.engine.of('EffectIntended').length;
      return 'done';
    };
    house = await House.open(ACT, { act });
    house.runner();
    await house.start();
    await house.event('RunCompleted');
    expect(seen).toBe(1);
  });

  it('in doubt after its runner died opens a gate, and nobody calls it again', async () => {
    const { work, calls, begun } = slow();
    house = await House.open(ACT, { act: work });
    const first = house.runner();
    await house.start();
    await begun;
    await first.die();
    house.runner();
    await house.pass(120_000);
    const gate = await house.event('GateOpened');
    expect(gate.data).toMatchObject({ cause: 'doubt', effect: { attempt: 1 } });
    expect(calls).toHaveLength(1);
  });

  it('in doubt says no more that it is alive, and is told to stop when the doubt ends', async () => {
    const { work, calls, begun, end } = slow();
    house = await House.open(ACT, { act: work });
    house.runner();
    await house.start();
    await begun;
    await house.pass(120_000);
    await house.event('GateOpened');
    const quick = slow();
    quick.end('quick');
    Object.assign(globalThis, { fermataWork: { act: quick.work } });
    // Once the second run has its answer, the runner has heard of the gate of the first.
    await house.start('run-2');
    await house.event('RunCompleted', 'run-2');
    const beats = () => house.sent.filter(({ run }) => run === 'run-1').length;
    const before = beats();
    calls[0]?.heartbeat();
    expect(calls[0]?.signal.aborted).toBe(false);
    await house.cancel();
    await house.start('run-3');
    await house.event('RunCompleted', 'run-3');
    expect(calls[0]?.signal.aborted).toBe(true);
    calls[0]?.heartbeat();
    end('late');
    await house.start('run-4');
    await house.event('RunCompleted', 'run-4');
    expect(beats()).toBe(before);
  });

  it('is called once, though its runner had to read the log again', async () => {
    const { work, calls, begun, end } = slow();
    house = await House.open(ACT, { act: work });
    const runner = house.runner();
    await house.start();
    await begun;
    runner.breakReading();
    const other = slow();
    Object.assign(globalThis, { fermataWork: { act: other.work } });
    await house.start('run-2');
    await other.begun;
    other.end('other');
    await house.event('RunCompleted', 'run-2');
    end('done');
    expect((await house.event('RunCompleted')).data.output).toEqual({ a: 'done' });
    expect(calls).toHaveLength(1);
    expect(other.calls.map(({ run }) => run)).toEqual(['run-2']);
  });
});
