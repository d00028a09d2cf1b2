import { duration, durationMs } from './duration';

const whyNot = (text: unknown) => duration.safeParse(text).error?.issues.map((one) => one.message);

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['999999999ms', 999_999_999],
  ])('%s is %d ms', (text, ms) => {
    expect(duration.parse(text)).toBe(text);
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '0s', '05s', '5', 's', '1.5h', '-1s', '5 m', '5M', '1h30m', ' 5m', '5m\n', '1e3s'])(
    'is not %j',
    (text) => {
      expect(whyNot(text)).toEqual(['expected a duration such as 500ms, 30s, 5m, 2h or 7d']);
      expect(durationMs(text)).toBeNaN();
    },
  );

  it('is no number without a unit', () => {
    expect(duration.safeParse(30).success).toBe(false);
  });

  it('is at most ten years, so that what is due stays a date', () => {
    expect(whyNot('3650d')).toBeUndefined();
    expect(whyNot('3651d')).toEqual(['expected at most 3650d']);
    expect(whyNot('999999999d')).toEqual(['expected at most 3650d']);
    const due = Date.parse('9999-01-01') + durationMs('3650d');
    expect(new Date(due).toISOString()).toMatch(/^\+010008/);
  });
});
