import { isEndStatus, type EndStatus } from '@fermata/contracts';

/** Exit codes, the same for every command that ends with a run. */
export const EXIT = {
  done: 0,
  failed: 1,
  waiting: 3,
  rejected: 4,
  timedOut: 5,
  cancelled: 6,
} as const;

/** Exit code of a run's status; `held` says that it waits for a person. */
export function exitCodeOf(status: string, held: boolean): number {
  if (isEndStatus(status)) return OF_END[status];
  return held ? EXIT.waiting : EXIT.done;
}

const OF_END = {
  completed: EXIT.done,
  failed: EXIT.failed,
  rejected: EXIT.rejected,
  'timed-out': EXIT.timedOut,
  cancelled: EXIT.cancelled,
} as const satisfies Record<EndStatus, number>;
