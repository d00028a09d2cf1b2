import { momentOf, rfc3339 } from './moment';

describe('a moment that people read', () => {
  it('is RFC 3339 in UTC', () => {
    expect(rfc3339(1_767_225_600_123)).toBe('2026-01-01T00:00:00.123Z');
  });

  it('is never an error, whatever number a log holds', () => {
    for (const ms of [NaN, Infinity, 8.65e15, -8.65e15]) expect(rfc3339(ms)).toBe(String(ms));
  });

  it('is read with its zone', () => {
    expect(momentOf('2026-01-01T01:00:00+01:00')).toBe(momentOf('2026-01-01T00:00:00Z'));
    expect(momentOf('2026-01-01T00:00:00.5Z')).toBe(1_767_225_600_500);
  });

  it.each([
    '',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '1969-01-01T00:00:00Z',
  ])('is not %j', (text) => {
    expect(momentOf(text)).toBeNull();
  });
});
