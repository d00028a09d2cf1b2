import { z } from 'zod';
import { LIMITS } from './limits';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^([1-9][0-9]{0,8})(ms|s|m|h|d)$/;

/** A duration in a definition: a whole number and a unit, `500ms`, `30s`, `5m`, `2h`, `7d`. */
export const duration = z
  .string()
  .regex(PATTERN, { error: 'expected a duration such as 500ms, 30s, 5m, 2h or 7d', abort: true })
  .refine((text) => durationMs(text) <= LIMITS.durationMsMax, 'expected at most 3650d');

/** Milliseconds of a duration that has met its schema. */
export function durationMs(text: string): number {
  const match = PATTERN.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : Number.NaN;
}
