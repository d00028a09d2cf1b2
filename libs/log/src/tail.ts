import type { StoredRecord } from './port';

/** Records of one partition that stay at hand: what a reader in this process lags by at most. */
const KEPT_MAX = 2_000;
/**
 * Characters of their texts: a record's decoded value goes along with it, and may take twenty times
 * as much memory. Who lags by more asks the database, where the records are.
 */
const KEPT_CHARS_MAX = 2_000_000;
/** What a record takes beside its text, about: its headers, and objects around it. */
const OVERHEAD = 300;

/**
 * The end of one partition as this process knows it: the last records it stored itself, and who
 * waits for the next. Readers that keep up never ask the database.
 */
export class Tail {
  private records: StoredRecord[] = [];
  private size = 0;
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
    if (first.offset !== this.end) this.drop(this.records.length);
    for (const record of records) {
      this.records.push(record);
      this.size += sizeOf(record);
    }
    this.end = first.offset + records.length;
    if (this.records.length > 2 * KEPT_MAX) this.drop(this.records.length - KEPT_MAX);
    if (this.size > KEPT_CHARS_MAX) this.drop(this.excess());
    this.wake();
  }

  /** Learns that others stored records up to an offset. */
  reaches(end: number): void {
    if (end <= this.end) return;
    this.drop(this.records.length);
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

  /** How many of the oldest are too much. */
  private excess(): number {
    let { size } = this;
    let count = 0;
    for (const record of this.records) {
      if (size <= KEPT_CHARS_MAX) break;
      size -= sizeOf(record);
      count += 1;
    }
    return count;
  }

  private drop(count: number): void {
    for (const record of this.records.slice(0, count)) this.size -= sizeOf(record);
    this.records = this.records.slice(count);
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

function sizeOf({ value }: StoredRecord): number {
  return value.length + OVERHEAD;
}
