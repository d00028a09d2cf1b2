import { nextWindowAt, Shares } from './shares';

/** Sends of each tenant as much as it wants in each window, for a time; gives what was decided. */
function decide(
  shares: Shares,
  wants: Readonly<Record<string, number>>,
  fromMs: number,
  forMs = 2_000,
  everyMs = 20,
) {
  const decided = Object.fromEntries(Object.keys(wants).map((name) => [name, [] as number[]]));
  for (let now = fromMs; now < fromMs + forMs; now = nextWindowAt(now + everyMs - 20)) {
    shares.advance(now);
    for (const [name, wanted] of Object.entries(wants)) {
      let count = 0;
      for (; count < wanted && shares.has(name); count += 1) shares.take(name);
      decided[name]?.push(count);
    }
  }
  return decided;
}

const last = (counts: number[] | undefined) => counts?.at(-1);

describe('the shares of tenants', () => {
  // Ten commands in each window of 20 ms.
  const newShares = () => new Shares(500);

  it('hold nobody back who is alone', () => {
    const { rush } = decide(newShares(), { rush: 70 }, 0);
    expect(new Set(rush)).toEqual(new Set([70]));
  });

  it('hold back who sends more while another sends less, from the next window on', () => {
    const { rush, quiet } = decide(newShares(), { rush: 70, quiet: 2 }, 0);
    expect(rush?.slice(0, 3)).toEqual([70, 10, 10]);
    expect(last(rush)).toBe(10);
    expect(new Set(quiet)).toEqual(new Set([2]));
  });

  it('hold neither of two back who both send more', () => {
    const { one, other } = decide(newShares(), { one: 70, other: 50 }, 0);
    expect([last(one), last(other)]).toEqual([70, 50]);
  });

  it('hold neither of two back when an append lasts for several windows', () => {
    const { one, other } = decide(newShares(), { one: 100, other: 100 }, 0, 8_000, 40);
    expect([last(one), last(other)]).toEqual([100, 100]);
  });

  it('give a tenant the same in a second when an append lasts for several windows', () => {
    const { rush } = decide(newShares(), { rush: 200, quiet: 1 }, 0, 2_000, 100);
    expect(last(rush)).toBe(50);
  });

  it('hold both of two back while a third sends less', () => {
    const { one, other, quiet } = decide(newShares(), { one: 70, other: 50, quiet: 1 }, 0);
    expect([last(one), last(other), last(quiet)]).toEqual([10, 10, 1]);
  });

  it('let go when the other sent nothing for two seconds', () => {
    const shares = newShares();
    expect(last(decide(shares, { rush: 70, quiet: 2 }, 0)['rush'])).toBe(10);
    expect(last(decide(shares, { rush: 70 }, 2_000, 900)['rush'])).toBe(10);
    expect(last(decide(shares, { rush: 70 }, 2_900, 1_200)['rush'])).toBe(70);
  });

  it('go on when the clock is set back', () => {
    const shares = newShares();
    decide(shares, { rush: 70, quiet: 2 }, 3_600_000);
    expect(last(decide(shares, { rush: 70, quiet: 2 }, 0)['rush'])).toBe(10);
  });

  it('count what decisions cost, and take what is beyond a share from the next windows', () => {
    const shares = newShares();
    const decided: number[] = [];
    for (let now = 0; now < 4_000; now += 20) {
      shares.advance(now);
      if (shares.has('quiet')) shares.take('quiet');
      if (!shares.has('costly')) continue;
      shares.take('costly');
      // As much as 500 commands: a second of its share.
      shares.charge('costly', 2_500_000);
      decided.push(now);
    }
    const gaps = decided.slice(1).map((at, index) => at - (decided[index] ?? 0));
    expect(decided.length).toBeGreaterThan(2);
    expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(980);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_040);
  });
});
