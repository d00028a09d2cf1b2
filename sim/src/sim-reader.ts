import { Fault } from '@fermata/contracts';
import type { Reader, StoredRecord } from '@fermata/log';
import type { Shelf } from './broker';
import type { Wire } from './wire';

interface Waiting {
  readonly max: number;
  readonly resolve: (records: readonly StoredRecord[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads a shelf for one process: in batches cut at random, and failing now and then. */
export class SimReader implements Reader {
  private waiting: Waiting | undefined;
  private isAsking = false;
  private isClosed = false;
  private failure: Error | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly shelf: Shelf,
    public next: number,
  ) {}

  read(max: number): Promise<readonly StoredRecord[]> {
    return new Promise((resolve, reject) => {
      this.waiting = { max, resolve, reject };
      this.ask();
    });
  }

  close(): void {
    this.isClosed = true;
    this.take()?.resolve([]);
  }

  private take(): Waiting | undefined {
    const { waiting } = this;
    this.waiting = undefined;
    return waiting;
  }

  private ask(): void {
    if (this.isClosed) {
      this.take()?.resolve([]);
      return;
    }
    if (this.isAsking || this.waiting === undefined) return;
    const { world, faults, process } = this.wire;
    if (this.next === this.shelf.records.length && this.failure === undefined) {
      this.shelf.waiting.add(() => this.ask());
      return;
    }
    this.isAsking = true;
    world.after(faults.latencyMs(), () => this.answer(), process);
  }

  private answer(): void {
    this.isAsking = false;
    if (this.waiting === undefined) return;
    if (this.wire.faults.readFails()) {
      this.failure = new Fault('LOG_UNAVAILABLE', 'expected records, found no answer', true);
    }
    const { records, first, topic, partition } = this.shelf;
    if (this.next > records.length || this.next < first) {
      const found = `expected ${topic} of partition ${partition} to hold offset ${this.next}`;
      const range = `found ${first} to ${records.length}`;
      this.failure = new Fault('LOG_TRUNCATED', `${found}, ${range}`);
    }
    if (this.failure !== undefined) {
      this.take()?.reject(this.failure);
      return;
    }
    this.give(records);
  }

  private give(records: readonly StoredRecord[]): void {
    const { random } = this.wire.world;
    const most = Math.min(this.waiting?.max ?? 0, records.length - this.next);
    if (most === 0) {
      this.ask();
      return;
    }
    const count = random.chance(0.5) ? most : random.int(1, most);
    const given = records.slice(this.next, this.next + count);
    this.next += count;
    this.wire.world.note(
      () =>
        `read ${count} of ${this.shelf.topic}/${this.shelf.partition} from ${this.next - count}`,
    );
    this.take()?.resolve(given);
  }
}
