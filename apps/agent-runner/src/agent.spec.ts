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

describe('what an agent threw', () => {
  it('keeps its own code and whether to try again', () => {
    const error = Object.assign(new Error('no such applicant'), {
      code: 'APPLICANT_UNKNOWN',
      retryable: false,
      retryAfterMs: 50,
    });
    expect(failureOf(error)).toMatchObject({
      code: 'APPLICANT_UNKNOWN',
      message: 'no such applicant',
      retryable: false,
      retryAfterMs: 50,
    });
  });

  it.each([
    [new Error('boom')],
    ['boom'],
    [Object.assign(new Error('boom'), { code: 'not a code' })],
  ])('counts as AGENT_FAILED, to be tried again, when it says no more: %s', (error) => {
    expect(failureOf(error)).toMatchObject({
      code: 'AGENT_FAILED',
      message: 'boom',
      retryable: true,
    });
  });
});
