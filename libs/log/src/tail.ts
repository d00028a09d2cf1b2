import type { StoredRecord } from './port';

/** Records of one partition that stay at hand: what a reader in this process lags by at most. */
const KEPT_MAX = 2_000;

/**
 * The end of one partition as this process knows it: the last records it stored itself, and who
 * waits for the next. Readers that keep up never ask the database.
 */
export class Tail {
  private records: StoredRecord[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(private end: number) {}

  /** The offset that the next record will have, as far as this process knows. */
  get next(): number {
    return this.end;
  }

  /** Records from an offset on, or null when they are not at hand. */
  from(offset: number, max: number): readonly StoredRecord[] | null {
    const first = this.end - this.records.length;
    if (offset < first) return null;
    return this.records.slice(offset - first, offset - first + max);
  }

  /** Adds records that this process stored; a gap before them means that others wrote too. */
  add(records: readonly StoredRecord[]): void {
    const [first] = records;
    if (first === undefined || first.offset + records.length <= this.end) return;
    if (first.offset !== this.end) this.records = [];
    for (const record of records) this.records.push(record);
    this.end = first.offset + records.length;
    if (this.records.length > 2 * KEPT_MAX) this.records = this.records.slice(-KEPT_MAX);
    this.wake();
  }

  /** Learns that others stored records up to an offset. */
  reaches(end: number): void {
    if (end <= this.end) return;
    this.records = [];
    this.end = end;
    this.wake();
  }

  /** Resolves with the next record, or when the reader is closed. */
  wait(closed: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve);
      closed(resolve);
    });
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
