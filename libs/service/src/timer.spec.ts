import { after, pause, timerMs } from './timer';

const DAY_MS = 86_400_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('a timer', () => {
  it.each([1, 1_000, 2 ** 31 - 1, 2 ** 31, 90 * DAY_MS, 3_650 * DAY_MS])(
    'rings once, after %d ms and not before',
    (ms) => {
      const work = jest.fn();
      after(ms, work);
      jest.advanceTimersByTime(ms - 1);
      expect(work).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(work).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(ms);
      expect(work).toHaveBeenCalledTimes(1);
    },
  );

  it('may be called off in each of its stages', () => {
    for (const passedMs of [0, 30 * DAY_MS, 60 * DAY_MS]) {
      const work = jest.fn();
      const timer = after(90 * DAY_MS, work);
      jest.advanceTimersByTime(passedMs);
      timer.clear();
      jest.advanceTimersByTime(200 * DAY_MS);
      expect(work).not.toHaveBeenCalled();
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of a time that is over rings at once, and one of Infinity never', () => {
    const [late, never] = [jest.fn(), jest.fn()];
    after(-5, late);
    after(Infinity, never);
    jest.advanceTimersByTime(3_650 * DAY_MS);
    expect([late.mock.calls.length, never.mock.calls.length]).toEqual([1, 0]);
  });

  it('is a pause too', async () => {
    let isOver = false;
    void pause(30 * DAY_MS).then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(30 * DAY_MS - 1);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });

  it('of a library gets a time that it can wait', () => {
    expect([-1, 0, 0.5, 7, 3_650 * DAY_MS, Infinity].map(timerMs)).toEqual([
      1,
      1,
      1,
      7,
      2 ** 31 - 1,
      2 ** 31 - 1,
    ]);
  });
});
