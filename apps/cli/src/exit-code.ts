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
  switch (status) {
    case 'completed':
      return EXIT.done;
    case 'rejected':
      return EXIT.rejected;
    case 'timed-out':
      return EXIT.timedOut;
    case 'cancelled':
      return EXIT.cancelled;
    case 'failed':
      return EXIT.failed;
    default:
      return held ? EXIT.waiting : EXIT.done;
  }
}
