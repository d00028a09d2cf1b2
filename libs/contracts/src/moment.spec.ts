import { rfc3339 } from './moment';

describe('a moment that people read', () => {
  it('is RFC 3339 in UTC', () => {
    expect(rfc3339(1_767_225_600_123)).toBe('2026-01-01T00:00:00.123Z');
  });

  it('is never an error, whatever number a log holds', () => {
    for (const ms of [NaN, Infinity, 8.65e15, -8.65e15]) expect(rfc3339(ms)).toBe(String(ms));
  });
});
