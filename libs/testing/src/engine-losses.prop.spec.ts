import fc from 'fast-check';
import { LIMITS, type EventOf } from '@fermata/contracts';
import { definitionOf, look } from './definitions';
import { Engine, typesOf } from './engine';

const TIMEOUT_MS = 10_000;
const BESIDE = ['b1', 'b2', 'b3', 'b4', 'b5'];
const LEASES = ['2s', '10s', '15s', '90d'] as const;

/** A step that is tried once, with `timeout: 10s`. */
function once(capability: string, lease: string): Engine {
  const backoff = { initial: '1s', factor: 2, max: '1m' };
  const once = { attemptsMax: 1, backoff, timeout: '10s', lease };
  const classes = { reasoning: once, read: once, effect: once };
  return new Engine(definitionOf({ a: { agent: 'any', capability } }, {}, { classes }));
}

const beat = (engine: Engine, attempt: number, runner: string) =>
  engine.send('HeartbeatAttempt', { step: 'a', attempt, runner });

/** A runner's stay at an attempt: when it claimed it, how often it spoke, and how it went. */
const stay = fc.record({
  claimsAfter: fc.integer({ min: 1, max: TIMEOUT_MS - 1 }),
  beats: fc.nat(3),
  isEffect: fc.boolean(),
});

describe('an attempt whose runner goes away', () => {
  it('uses up no try when the runner was lost, however near its deadline', () => {
    fc.assert(
      fc.property(stay, fc.constantFrom(...LEASES), ({ claimsAfter, beats, isEffect }, lease) => {
        const engine = once(isEffect ? 'act_once' : 'look', lease);
        engine.start({});
        const { deadlineAt } = engine.of('AttemptScheduled')[0]?.data ?? { deadlineAt: 0 };
        engine.advance(claimsAfter);
        beat(engine, 1, 'gone');
        if (isEffect) {
          const digest = 'd'.repeat(64);
          engine.send('IntendEffect', { step: 'a', attempt: 1, runner: 'gone', digest });
        }
        for (let count = 0; count < beats && engine.at + 1_500 < deadlineAt; count++) {
          engine.advance(1_500);
          beat(engine, 1, 'gone');
        }
        engine.advance(TIMEOUT_MS + LIMITS.deadlineGraceMs);
        expect(engine.of('AttemptFailed')[0]?.data).toMatchObject({
          code: 'ATTEMPT_LOST',
          lost: true,
        });
        expect(engine.of('AttemptScheduled')[1]?.data.attempt).toBe(2);
      }),
    );
  });

  it('has timed out when its runner says after the deadline that it lives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: TIMEOUT_MS - 1 }),
        fc.integer({ min: 0, max: 1_500 }),
        fc.constantFrom('HeartbeatAttempt' as const, 'IntendEffect' as const),
        (claimsAfter, late, word) => {
          const engine = once('act_once', '10s');
          engine.start({});
          engine.advance(claimsAfter);
          beat(engine, 1, 'slow');
          for (let left = TIMEOUT_MS - claimsAfter; left > 0; left -= 1_000) {
            engine.advance(Math.min(left, 1_000));
            if (left > 1_000) beat(engine, 1, 'slow');
          }
          engine.advance(late);
          const said = { step: 'a', attempt: 1, runner: 'slow' };
          if (word === 'IntendEffect') engine.send(word, { ...said, digest: 'd'.repeat(64) });
          else engine.send(word, said);
          expect(engine.of('AttemptFailed')[0]?.data.code).toBe('ATTEMPT_TIMED_OUT');
          expect(engine.of('EffectIntended')).toEqual([]);
        },
      ),
    );
  });

  it('is tried again at once, as often as runners stop and give it back', () => {
    const engine = once('look', '10s');
    engine.start({});
    for (let attempt = 1; attempt <= 3 * LIMITS.lossesMax; attempt++) {
      if (attempt % 2 === 0) beat(engine, attempt, `runner-${attempt}`);
      const said = { step: 'a', attempt, runner: `runner-${attempt}` };
      expect(typesOf(engine.send('ReleaseAttempt', said))).toEqual([
        'AttemptFailed',
        'AttemptScheduled',
      ]);
    }
    expect(engine.of('AttemptFailed')[0]?.data).toMatchObject({
      code: 'ATTEMPT_RELEASED',
      lost: true,
      released: true,
    });
    expect(typesOf(engine.complete('a', 1))).toContain('RunCompleted');
  });

  it('is given back by nobody but who holds it, and not once an effect was granted', () => {
    const engine = once('act_once', '10s');
    engine.start({});
    beat(engine, 1, 'mine');
    const foreign = { step: 'a', attempt: 1, runner: 'other' };
    expect(engine.send('ReleaseAttempt', foreign)).toEqual([]);
    const mine = { ...foreign, runner: 'mine' };
    engine.send('IntendEffect', { ...mine, digest: 'd'.repeat(64) });
    expect(engine.send('ReleaseAttempt', mine)).toEqual([]);
    expect(engine.send('ReleaseAttempt', { ...mine, attempt: 2 })).toEqual([]);
  });

  it('fails, and says why, once runners were lost at it a few times in a row', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    for (let times = 1; times < LIMITS.lossesMax; times++) lose(engine);
    // An answer between ends the row.
    untilOpen(engine, 'a');
    engine.fail('a', 'BUSY', true);
    for (let times = 1; times < LIMITS.lossesMax; times++) {
      expect(lose(engine).data).toMatchObject({ code: 'ATTEMPT_LOST', retryAt: expect.anything() });
    }
    expect(lose(engine).data).toMatchObject({ code: 'ATTEMPT_LOST', retryAt: null });
    expect(engine.of('RunFailed')[0]?.data.code).toBe('ATTEMPT_KILLS_RUNNERS');
  });

  it('is tried again at once after a first loss, then later and later', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    engine.start({});
    const waits: number[] = [];
    for (let attempt = 1; attempt < LIMITS.lossesMax; attempt++) {
      const { at, data } = lose(engine);
      waits.push((data.retryAt ?? 0) - at);
    }
    expect(waits[0]).toBe(0);
    for (const [index, wait] of waits.slice(1).entries()) {
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(1_000 * 2 ** index);
    }
    expect(Math.max(...waits)).toBeGreaterThan(10_000);
  });

  it('comes to its end when another one, that ran beside it, ended their runner each time', () => {
    const steps = { killer: look(), ...Object.fromEntries(BESIDE.map((step) => [step, look()])) };
    const engine = new Engine(definitionOf(steps));
    engine.start({});
    for (let life = 1; engine.of('RunFailed').length === 0; life++) {
      live(engine, `runner-${life}`);
      engine.advance(2_000);
    }
    expect(
      engine
        .of('StepCompleted')
        .map(({ data }) => data.step)
        .sort(),
    ).toEqual(BESIDE);
    expect(engine.of('StepFailed').map(({ data }) => data.step)).toEqual(['killer']);
  });
});

/** The number of a step's attempt if it has one that is free, or that this runner holds. */
function openOf(engine: Engine, step: string, runner?: string): number | null {
  const last = engine.log.filter(({ data }) => 'step' in data && data.step === step).at(-1);
  const isFree = last?.type === 'AttemptScheduled';
  const isHeld = last?.type === 'AttemptClaimed' && last.data.runner === runner;
  return isFree || isHeld ? last.data.attempt : null;
}

function untilOpen(engine: Engine, step: string): number {
  for (let seconds = 0; seconds < 100; seconds++) {
    const open = openOf(engine, step);
    if (open !== null) return open;
    engine.advance(1_000);
  }
  throw new Error(`expected an attempt at ${step}, found none`);
}

/** A runner claims the next attempt and is never heard of again. */
function lose(engine: Engine): EventOf<'AttemptFailed'> {
  const attempt = untilOpen(engine, 'a');
  beat(engine, attempt, `runner-${attempt}`);
  for (let seconds = 0; seconds < 100; seconds++) {
    engine.advance(1_000);
    const lost = engine.of('AttemptFailed').at(-1);
    if (lost?.data.attempt === attempt) return lost;
  }
  throw new Error(`expected attempt ${attempt} to be lost, found it open`);
}

/** One life of a runner: `killer` ends it within a second, the others need two seconds of it. */
function live(engine: Engine, runner: string): void {
  const claim = (step: string): boolean => {
    const attempt = openOf(engine, step, runner);
    if (attempt !== null) engine.send('HeartbeatAttempt', { step, attempt, runner });
    return attempt !== null;
  };
  const since = new Map<string, number>();
  for (let second = 0; second < 100; second++) {
    for (const step of BESIDE) {
      const begun = claim(step) ? (since.get(step) ?? second) : null;
      if (begun === null) since.delete(step);
      else since.set(step, begun);
      if (begun !== null && second - begun > 2) engine.complete(step, 1, { runner });
    }
    if (claim('killer')) return;
    engine.advance(1_000);
  }
}
