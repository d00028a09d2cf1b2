/** The longest that a timer of the platform may be set for, in milliseconds. */
const LONGEST_MS = 2_000_000_000;

/** Waits for work or for the next timer, whichever comes first. */
export class Alarm {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly now: () => number) {}

  /** What the work gave, or null when the moment `dueAt` came first; Infinity never comes. */
  async race<T>(work: Promise<T>, dueAt: number): Promise<T | null> {
    this.clear();
    if (dueAt === Infinity) return work;
    const waitMs = Math.min(Math.max(dueAt - this.now(), 0), LONGEST_MS);
    const rung = new Promise<null>((resolve) => {
      this.timer = setTimeout(() => resolve(null), waitMs);
    });
    return Promise.race([work, rung]);
  }

  /** What the work gave by now, or null: who asks has other work at hand. */
  async look<T>(work: Promise<T>): Promise<T | null> {
    const now = new Promise<null>((resolve) => setImmediate(() => resolve(null)));
    return Promise.race([work, now]);
  }

  /** Stops waiting for a timer. */
  clear(): void {
    clearTimeout(this.timer);
  }
}
