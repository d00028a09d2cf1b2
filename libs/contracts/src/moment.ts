/** Milliseconds since 1970 that a calendar date can stand for, on either side. */
const CALENDAR_MS_MAX = 8.64e15;

/**
 * A moment as people read it: RFC 3339 in UTC with milliseconds, such as
 * `2026-03-01T09:30:00.000Z`.
 * @param ms milliseconds since 1970-01-01T00:00Z; what no calendar has stays a number
 */
export function rfc3339(ms: number): string {
  const isMoment = Number.isFinite(ms) && Math.abs(ms) <= CALENDAR_MS_MAX;
  return isMoment ? new Date(ms).toISOString() : String(ms);
}
