import { Fault } from '@fermata/contracts';
import { judge, passedTo, type Place } from './acceptance';
import { fenceOf } from './fence';
import type { LogPort, Reader, StoredRecord } from './port';

/** Accepted records in the order of the log, and the place after the last record read. */
export interface AcceptedBatch {
  readonly records: readonly { readonly record: StoredRecord; readonly place: Place }[];
  /** May lie behind the last accepted record: dropped ones were read too. */
  readonly place: Place;
}

/** Reads one partition of the log from a place on and gives what the acceptance rule accepts. */
export class AcceptedReader {
  private constructor(
    private readonly reader: Reader,
    private place: Place,
  ) {}

  /** Opens the partition behind a place; a place is a triple, never an offset alone. */
  static async open(log: LogPort, partition: number, from: Place): Promise<AcceptedReader> {
    return new AcceptedReader(await log.open('log', partition, from.offset + 1), from);
  }

  /**
   * Waits until the place moves; null means closed. A gap halts the reader with LOG_TRUNCATED.
   */
  async next(max: number): Promise<AcceptedBatch | null> {
    const before = this.reader.next;
    const read = await this.reader.read(max, before + 1);
    if (read.length === 0 && this.reader.next === before) return null;
    const records: { record: StoredRecord; place: Place }[] = [];
    for (const record of read) {
      const { epoch, seq } = fenceOf(record);
      const verdict = judge(this.place, { offset: record.offset, epoch, seq });
      if (verdict.kind === 'stop') throw new Fault('LOG_TRUNCATED', verdict.reason);
      this.place = verdict.place;
      if (verdict.kind === 'accept') records.push({ record, place: verdict.place });
    }
    this.place = passedTo(this.place, this.reader.next);
    return { records, place: this.place };
  }

  close(): void {
    this.reader.close();
  }
}
