/** What waits for the next flush: an item, and its sender. */
interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
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
    private readonly itemsMax: number,
    /** Under load, a short wait lets more items share the next flush; alone, none waits. */
    private readonly lingerMs: number = 0,
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
    // What the same turn of the event loop still adds goes into this flush too.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.itemsMax);
      this.waiting = this.waiting.slice(this.itemsMax);
      try {
        await this.write(batch.map(({ item }) => item));
        for (const { done } of batch) done();
        if (this.lingerMs > 0 && batch.length > 1) await this.linger();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.flushing = false;
  }

  private linger(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.lingerMs));
  }
}
