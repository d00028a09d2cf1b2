import { z } from 'zod';
import type { EventType, RunEventType } from './events';

const OPEN = ['running', 'paused', 'quarantined'] as const;

/** The statuses that a run keeps for ever: nothing happens to it after one. */
export const END_STATUSES = ['completed', 'failed', 'rejected', 'timed-out', 'cancelled'] as const;

/**
 * All statuses of a run. Who knows a status, or what an end is, has it from this file: a status
 * that is added here is shown, filtered by and waited for everywhere.
 */
export const RUN_STATUSES = [...OPEN, ...END_STATUSES] as const;

/** Schema of a run's status. */
export const runStatus = z.enum(RUN_STATUSES);

/** Where a run is. */
export type RunStatus = z.infer<typeof runStatus>;
/** A status that a run keeps for ever. */
export type EndStatus = (typeof END_STATUSES)[number];

/** Events that speak of the run itself, not of a step of it. */
type OfRun = Extract<RunEventType, `Run${string}`>;

/**
 * The status that each event of a run itself brings; null for one that leaves it as it is. Held
 * complete: an event of runs that is added must say here what it makes of its run.
 */
export const STATUS_AFTER = {
  RunStarted: 'running',
  RunPaused: 'paused',
  RunResumed: 'running',
  RunCompleted: 'completed',
  RunFailed: 'failed',
  RunRejected: 'rejected',
  RunTimedOut: 'timed-out',
  RunCancelled: 'cancelled',
  RunQuarantined: 'quarantined',
  RunReleased: 'running',
} as const satisfies Record<OfRun, RunStatus | null>;

/** Name of an event that ends its run. */
export type EndType = {
  [T in OfRun]: (typeof STATUS_AFTER)[T] extends EndStatus ? T : never;
}[OfRun];

const ENDS: ReadonlySet<string> = new Set(END_STATUSES);
const AFTER: ReadonlyMap<string, RunStatus> = new Map(Object.entries(STATUS_AFTER));
const END_TYPES: ReadonlySet<string> = new Set(
  [...AFTER].flatMap(([type, status]) => (ENDS.has(status) ? [type] : [])),
);

/** Whether a run with this status has ended. Text that is no status is no end. */
export function isEndStatus(status: string): status is EndStatus {
  return ENDS.has(status);
}

/** The status that an event with this name brings its run, or null if it leaves it as it is. */
export function statusAfter(type: string): RunStatus | null {
  return AFTER.get(type) ?? null;
}

/** Whether an event with this name ends its run. */
export function isEndType(type: string): type is EndType {
  return END_TYPES.has(type);
}

/** Whether an event ends its run. */
export function endsRun<E extends { readonly type: EventType }>(
  event: E,
): event is Extract<E, { readonly type: EndType }> {
  return END_TYPES.has(event.type);
}
