import { after, type Timer } from '@fermata/service';

/** Waits for work or for the next timer, whichever comes first. */
export class Alarm {
  private timer: Timer | undefined;

  constructor(private readonly now: () => number) {}

  /** What the work gave, or null when the moment `dueAt` came first; Infinity never comes. */
  async race<T>(work: Promise<T>, dueAt: number): Promise<T | null> {
    this.clear();
    if (dueAt === Infinity) return work;
    const rung = new Promise<null>((resolve) => {
      this.timer = after(dueAt - this.now(), () => resolve(null));
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
    this.timer?.clear();
  }
}
