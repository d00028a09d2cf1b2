/** What was started, to be stopped in the end, last things first, and only once. */
export class Stops {
  private readonly stack: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.stack.push(stop);
  }

  /** Stops everything; what fails to stop keeps nothing else from being stopped. */
  async close(): Promise<void> {
    for (let stop = this.stack.pop(); stop !== undefined; stop = this.stack.pop()) {
      try {
        await stop();
      } catch (error) {
        process.stderr.write(`bench: a part did not stop cleanly: ${String(error)}\n`);
      }
    }
  }
}
