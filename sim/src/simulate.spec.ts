import { BROKEN } from './mutants.fixture';
import { simulate } from './simulate';
import type { Mutant } from './simulation';
import { MANY_SEEDS, Tally, whyIdle } from './tally';

const SEEDS = Array.from({ length: MANY_SEEDS }, (_, index) => index + 1);

/** What happened over all seeds, and which rules did not hold. */
async function simulateAll(mutant: Mutant) {
  const tally = new Tally();
  const broken: string[] = [];
  for (const seed of SEEDS) {
    const { tally: counts, violations } = await simulate(seed, { mutant });
    for (const [what, times] of counts) tally.add(what, times);
    broken.push(...violations.map(({ rule }) => rule));
  }
  return { counts: tally.counts, broken };
}

describe('the simulation', () => {
  it('gives the same history for the same seed, whatever was simulated between', async () => {
    const first = await simulate(1);
    const other = await simulate(2);
    const again = await simulate(1);
    expect(again).toEqual(first);
    expect(other.history).not.toBe(first.history);
  });

  it('finds that every rule holds', async () => {
    for (const seed of SEEDS) {
      const { violations } = await simulate(seed);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    }
  }, 120_000);

  it('lets things go wrong in every way that it knows', async () => {
    const kinds = ['lost', 'unheard', 'late', 'doubled'].map((kind) => `call ${kind}`);
    const happened = new Set<string>();
    for (const seed of SEEDS) {
      for (const what of (await simulate(seed)).tally.keys()) happened.add(what);
    }
    expect([...happened]).toEqual(
      expect.arrayContaining([...kinds, 'crash arrived', 'dropped by the acceptance rule']),
    );
  }, 120_000);
});

describe('the checkers see', () => {
  it('that no work gets done, though no rule is broken', async () => {
    const whole = await simulateAll({});
    expect(whyIdle(whole.counts)).toBeNull();
    const isMute: Mutant = {
      port: (role, port) => (role === 'runner' ? { ...port, send: async () => undefined } : port),
    };
    const mute = await simulateAll(isMute);
    expect(mute.broken).toEqual([]);
    expect(whyIdle(mute.counts)).toMatch('expected most of');
  }, 120_000);

  it.each(Object.entries(BROKEN))(
    '%s',
    async (_, { mutant, seedsMax, rules }) => {
      const seen: string[] = [];
      for (let seed = 1; seed <= seedsMax && seen.length === 0; seed++) {
        const { violations } = await simulate(seed, { mutant });
        for (const { rule } of violations.slice(0, 1)) seen.push(rule);
      }
      expect(rules).toEqual(expect.arrayContaining(seen));
      expect(seen).toHaveLength(1);
    },
    120_000,
  );
});
