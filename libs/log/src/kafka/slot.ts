import type { Reader, StoredRecord } from '../port';
import type { ReadBatches } from './wire-batch';

/** Answers that a reader may have waiting before its partition is left out of the next fetch. */
const ANSWERS_MAX = 2;
/** Fetches that a broker refuses in a row before a reader is given up. */
const FAILURES_MAX = 20;

/** One reader of one partition: what was fetched for it and not yet taken. */
export class Slot implements Reader {
  private answers: (readonly StoredRecord[])[] = [];
  private wake: () => void = () => undefined;
  private failure: Error | null = null;
  private failures = 0;
  private isResting = false;
  isClosed = false;

  constructor(
    readonly partition: number,
    public fetched: number,
    private readonly drained: () => void,
    private readonly closed: () => void,
  ) {}

  get wantsMore(): boolean {
    const hasRoom = this.answers.length < ANSWERS_MAX;
    return !this.isClosed && !this.isResting && this.failure === null && hasRoom;
  }

  get next(): number {
    return this.answers[0]?.[0]?.offset ?? this.fetched;
  }

  add({ records, next, failure }: ReadBatches): void {
    this.fetched = next;
    this.failures = 0;
    if (records.length > 0) this.answers.push(records);
    if (failure !== null) return this.fail(failure);
    this.wake();
  }

  /** Whoever reads hears of it behind what was fetched before, and opens anew. */
  fail(error: Error): void {
    this.failure = error;
    this.closed();
    this.wake();
  }

  /** Leaves its partition out of the next fetches, while others go on; false after too many. */
  rest(): boolean {
    this.failures += 1;
    if (this.failures >= FAILURES_MAX) return false;
    this.isResting = true;
    return true;
  }

  goOn(): void {
    this.isResting = false;
    this.drained();
  }

  async read(max: number, until = Infinity): Promise<readonly StoredRecord[]> {
    while (this.answers.length === 0 && !this.isClosed && this.failure === null) {
      if (this.fetched >= until) return [];
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.isClosed) return [];
    if (this.answers.length === 0 && this.failure !== null) throw this.failure;
    const wasFull = !this.wantsMore;
    const all = this.answers.flat();
    this.answers = all.length > max ? [all.slice(max)] : [];
    if (wasFull) this.drained();
    return all.slice(0, max);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closed();
    this.wake();
  }
}
