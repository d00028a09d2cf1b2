import fc from 'fast-check';
import { LIMITS } from '@fermata/contracts';
import { definitionOf, look } from './definitions';
import { Engine, typesOf } from './engine';

const TIMEOUT_MS = 10_000;
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
    const lose = () => {
      const attempt = engine.of('AttemptScheduled').at(-1)?.data.attempt ?? 0;
      beat(engine, attempt, `runner-${attempt}`);
      return typesOf(engine.advance(10_000));
    };
    for (let times = 1; times < LIMITS.lossesMax; times++) lose();
    // An answer between ends the row.
    engine.fail('a', 'BUSY', true);
    engine.advance(2_000);
    for (let times = 1; times < LIMITS.lossesMax; times++) {
      expect(lose()).toEqual(['AttemptFailed', 'AttemptScheduled']);
    }
    expect(lose()).toEqual(['AttemptFailed', 'StepFailed', 'RunFailed']);
    expect(engine.of('AttemptFailed').at(-1)?.data.code).toBe('ATTEMPT_LOST');
    expect(engine.of('RunFailed')[0]?.data.code).toBe('ATTEMPT_KILLS_RUNNERS');
  });
});
