/** Milliseconds since 1970 that a calendar date can stand for, on either side. */
const CALENDAR_MS_MAX = 8.64e15;

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * The moment that a text says, in milliseconds since 1970-01-01T00:00Z; null when it is no
 * RFC 3339, has no time zone, or names a day that no calendar has.
 */
export function momentOf(text: string): number | null {
  const [day] = text.split('T');
  const ms = RFC_3339.test(text) ? Date.parse(text) : NaN;
  // The platform takes February 30 for March 2.
  const isDay =
    Number.isFinite(ms) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(`${day}T`);
  return isDay && ms >= 0 ? ms : null;
}

/**
 * A moment as people read it: RFC 3339 in UTC with milliseconds, such as
 * `2026-03-01T09:30:00.000Z`.
 * @param ms milliseconds since 1970-01-01T00:00Z; what no calendar has stays a number
 */
export function rfc3339(ms: number): string {
  const isMoment = Number.isFinite(ms) && Math.abs(ms) <= CALENDAR_MS_MAX;
  return isMoment ? new Date(ms).toISOString() : String(ms);
}
