/** The longest that the platform's timers can wait: they take more for one millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** Work that is done later, unless it is called off. */
export interface Timer {
  clear(): void;
}

/** Does work after any time, however long: a lease may last for months. Infinity never comes. */
export function after(ms: number, work: () => void): Timer {
  let handle: ReturnType<typeof setTimeout> | undefined;
  const wait = (leftMs: number): void => {
    if (leftMs === Infinity) return;
    const stageMs = Math.min(leftMs, LONGEST_MS);
    handle = setTimeout(() => {
      if (leftMs > stageMs) wait(leftMs - stageMs);
      else work();
    }, stageMs);
  };
  wait(Math.max(0, ms));
  return { clear: () => clearTimeout(handle) };
}

/** Resolves after any time, however long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => after(ms, resolve));
}

/**
 * A time for a library that sets timers of its own: at least a millisecond, since none means "for
 * ever" to many, and at most what a timer can wait.
 */
export function timerMs(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), LONGEST_MS);
}
