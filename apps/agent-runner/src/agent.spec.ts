import { failureOf } from './agent';

describe('the wait that an agent asks for', () => {
  it.each([
    [7_000, 7_000],
    [0, 0],
    [0.2, 1],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, 86_400_000],
    [1e12, 86_400_000],
    ['soon', undefined],
  ])('of %s is said to the log as %s', (retryAfterMs, said) => {
    const error = Object.assign(new Error('busy'), { retryAfterMs });
    expect(failureOf(error).retryAfterMs).toBe(said);
  });
});
