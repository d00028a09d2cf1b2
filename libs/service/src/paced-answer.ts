import type { ServerResponse } from 'node:http';
import { LIMITS } from '@fermata/contracts';

/**
 * An answer that is written as fast as it is read, and no faster: what was not read stays out of
 * memory but for one part. Who reads nothing for a while is cut off, and may come back.
 */
export class PacedAnswer {
  constructor(
    private readonly answer: ServerResponse,
    private readonly stallMs: number = LIMITS.stallMsMax,
    private readonly chunkBytes: number = LIMITS.streamChunkBytes,
  ) {}

  /** Whether anybody is still there to read it. */
  get isOpen(): boolean {
    return !this.answer.destroyed && !this.answer.writableEnded;
  }

  /** Hands a text on once what came before it was read; false when nobody reads any more. */
  async write(text: string): Promise<boolean> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += this.chunkBytes) {
      if (!this.isOpen) return false;
      const isTaken = this.answer.write(bytes.subarray(at, at + this.chunkBytes));
      if (!isTaken && !(await this.drained())) return false;
    }
    return this.isOpen;
  }

  private async drained(): Promise<boolean> {
    const { answer } = this;
    const isDrained = await new Promise<boolean>((resolve) => {
      const over = (drained: boolean) => () => {
        clearTimeout(timer);
        answer.off('drain', drain).off('close', close);
        resolve(drained);
      };
      const [drain, close] = [over(true), over(false)];
      const timer = setTimeout(close, this.stallMs);
      answer.once('drain', drain).once('close', close);
    });
    // A reader that is stuck is cut at once: what is left unsent must not wait in memory.
    if (!isDrained) answer.destroy();
    return isDrained;
  }
}
