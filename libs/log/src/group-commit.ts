/** What waits for the next flush: an item, and its sender. */
interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** How much one flush takes. */
export interface GroupCommitOptions<T> {
  readonly sizeOf: (item: T) => number;
  /** Sum of the sizes that one flush takes; a single item may be larger. */
  readonly sizeMax: number;
}

/**
 * Stores many senders' items in one write: one flush is under way at a time, and the next takes
 * all that came meanwhile. Alone, an item waits for nobody.
 */
export class GroupCommit<T> {
  private waiting: Waiting<T>[] = [];
  private flushing = false;

  constructor(
    private readonly write: (items: readonly T[]) => Promise<void>,
    private readonly options: GroupCommitOptions<T>,
  ) {}

  /** Resolves once the item is stored. */
  add(item: T): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ item, done, failed });
      if (!this.flushing) void this.flush();
    });
  }

  private async flush(): Promise<void> {
    this.flushing = true;
    do {
      // What the same turn of the event loop still adds goes into this flush too.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.take();
      try {
        await this.write(batch.map(({ item }) => item));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    } while (this.waiting.length > 0);
    this.flushing = false;
  }

  private take(): Waiting<T>[] {
    const { sizeOf, sizeMax } = this.options;
    let [count, size] = [0, 0];
    for (const { item } of this.waiting) {
      size += sizeOf(item);
      if (count > 0 && size > sizeMax) break;
      count += 1;
    }
    const batch = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    return batch;
  }
}
