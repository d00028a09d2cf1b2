import { exitCodeOf } from './exit-code';

describe('the exit code of a run', () => {
  it.each([
    ['completed', false, 0],
    ['failed', false, 1],
    ['running', true, 3],
    ['rejected', false, 4],
    ['timed-out', false, 5],
    ['cancelled', false, 6],
  ])('that is %s (held: %s) is %d', (status, held, code) => {
    expect(exitCodeOf(status, held)).toBe(code);
  });

  it.each(['completed', 'failed', 'rejected', 'timed-out', 'cancelled'])(
    'that is %s does not depend on a gate that was left open',
    (status) => {
      expect(exitCodeOf(status, true)).toBe(exitCodeOf(status, false));
    },
  );
});
