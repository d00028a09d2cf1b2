import type { WireRecord } from './wire-batch';

/** Records of one partition that are stored together, and who waits for that. */
export interface Batch {
  readonly records: readonly WireRecord[];
  readonly stored: (base: number) => void;
  readonly failed: (error: unknown) => void;
  /** Together with others it was too large. */
  isAlone: boolean;
}

/** Who a producer is to a broker, and how many records it sent to each partition. */
export interface Identity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequences: Map<number, number>;
}

/**
 * What goes to one partition in one request: the batches of several senders, in one of Kafka's.
 * Sent again it goes under the identity of before, so that a broker that has it knows it.
 */
export interface Parcel {
  readonly batches: readonly Batch[];
  readonly records: readonly WireRecord[];
  readonly identity: Identity;
  readonly firstSequence: number;
}

const SEQUENCE_END = 2 ** 31;

/** What goes to one partition, in order: one parcel is under way at a time. */
export class Lane {
  private waiting: Batch[] = [];
  parcel: Parcel | null = null;
  /** What the broker said no to the parcel with, the last time. */
  refusal: Error | null = null;

  constructor(
    readonly partition: number,
    private readonly sizeMax: number,
  ) {}

  get isEmpty(): boolean {
    return this.parcel === null && this.waiting.length === 0;
  }

  /** Characters that the next request takes of it, about. */
  get size(): number {
    const batches = this.parcel?.batches ?? this.waiting;
    return batches.reduce((sum, batch) => sum + sizeOf(batch), 0);
  }

  add(batch: Batch): void {
    this.waiting.push(batch);
  }

  /** The parcel that is sent again, or a new one of all that waits, as far as one request goes. */
  pack(identity: Identity): Parcel {
    if (this.parcel !== null) return this.parcel;
    const batches = this.take();
    const [only] = batches;
    const isOne = batches.length === 1 && only !== undefined;
    const records = isOne ? only.records : batches.flatMap((one) => one.records);
    const firstSequence = identity.sequences.get(this.partition) ?? 0;
    identity.sequences.set(this.partition, (firstSequence + records.length) % SEQUENCE_END);
    this.parcel = { batches, records, identity, firstSequence };
    return this.parcel;
  }

  /** The parcel is stored, from an offset on. */
  settle(base: number): void {
    let next = base;
    for (const { stored, records } of this.parcel?.batches ?? []) {
      stored(next);
      next += records.length;
    }
    this.parcel = null;
  }

  /** The parcel was too large and is not stored: its batches go apart, one alone fails. */
  split(error: unknown): void {
    if (this.parcel === null) return;
    const { batches, identity, firstSequence } = this.parcel;
    identity.sequences.set(this.partition, firstSequence);
    if (batches.length === 1) return this.fail(error);
    this.parcel = null;
    this.waiting = [...batches.map((batch) => ({ ...batch, isAlone: true })), ...this.waiting];
  }

  /** Nobody sends the parcel again; with none, what waits is given up. */
  fail(error: unknown): void {
    for (const { failed } of this.parcel?.batches ?? this.take()) failed(error);
    this.parcel = null;
  }

  private take(): Batch[] {
    let [count, size] = [0, 0];
    for (const batch of this.waiting) {
      size += sizeOf(batch);
      if (count > 0 && (size > this.sizeMax || batch.isAlone)) break;
      count += 1;
      if (batch.isAlone) break;
    }
    const taken = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    return taken;
  }
}

function sizeOf({ records }: Batch): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}
