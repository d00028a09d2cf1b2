import { BROKEN } from './mutants.fixture';
import { simulate } from './simulate';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

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
