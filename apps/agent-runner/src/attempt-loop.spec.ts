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
