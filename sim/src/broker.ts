import { Fault } from '@fermata/contracts';
import type {
  AppendOutcome,
  DeadLetter,
  NewRecord,
  Part,
  Place,
  StoredRecord,
  Topic,
} from '@fermata/log';
import type { World } from './world';

/** Records of one partition of one topic; some of the oldest may be gone. */
export interface Shelf {
  readonly topic: Topic;
  readonly partition: number;
  readonly records: StoredRecord[];
  /** Offset of the oldest record that is still there. */
  first: number;
  /** How often the end was cut off: nothing that was read before counts after. */
  cuts: number;
  readonly waiting: Set<() => void>;
}

/** A kept piece of a restore point. */
interface Kept extends Part {
  readonly partition: number;
}

/** Hears of records as they land, before anybody reads them. */
export type OnLanded = (shelf: Shelf, records: readonly StoredRecord[]) => void;

/** How the log behaves: Kafka says where an append landed, PostgreSQL refuses a wrong base. */
export interface BrokerOptions {
  readonly kind: 'kafka' | 'postgres';
  readonly partitions: number;
  /** Whether readers get what the writer had in hand, as those in its own process do. */
  readonly keepsDecoded: boolean;
}

/** What is stored: it outlives every process and never errs, unless it is told to. */
export class Broker {
  private readonly shelves = new Map<string, Shelf>();
  readonly latest = new Map<string, string>();
  readonly letters = new Map<string, DeadLetter>();
  /** All places that a group has committed, oldest first: a hint may be an old one. */
  readonly places = new Map<string, Place[]>();
  readonly parts: (Kept | null)[] = [];

  constructor(
    private readonly world: World,
    readonly options: BrokerOptions,
    private readonly onLanded: OnLanded,
  ) {}

  shelf(topic: Topic, partition: number): Shelf {
    const name = `${topic}/${partition}`;
    const made = {
      topic,
      partition,
      records: [],
      first: 0,
      cuts: 0,
      waiting: new Set<() => void>(),
    };
    const found = this.shelves.get(name) ?? made;
    this.shelves.set(name, found);
    return found;
  }

  /** The offset that the next record will have. */
  end(topic: Topic, partition: number): number {
    return this.shelf(topic, partition).records.length;
  }

  /** Stores records at the end, as one. */
  store(topic: Topic, partition: number, records: readonly NewRecord[]): number {
    const shelf = this.shelf(topic, partition);
    const base = shelf.records.length;
    const stored = records.map(({ decoded, ...bytes }, index) => {
      const kept = this.options.keepsDecoded && decoded !== undefined ? { decoded } : {};
      return { ...bytes, ...kept, partition, offset: base + index };
    });
    for (const record of stored) {
      shelf.records.push(record);
      this.world.mix(record.value);
      this.world.mix(record.headers['fence'] ?? record.headers['ce_id'] ?? '');
    }
    this.onLanded(shelf, stored);
    wake(shelf);
    return base;
  }

  append(partition: number, base: number, records: readonly NewRecord[]): AppendOutcome {
    if (this.options.kind === 'postgres' && this.end('log', partition) !== base) {
      return { kind: 'conflict' };
    }
    return { kind: 'appended', base: this.store('log', partition, records) };
  }

  /** Throws when the topic does not hold this offset, nor ends there. */
  checkRange(topic: Topic, partition: number, from: number): void {
    const { first, records } = this.shelf(topic, partition);
    if (from >= first && from <= records.length) return;
    const found = `expected ${topic} of partition ${partition} to hold offset ${from}`;
    throw new Fault('LOG_TRUNCATED', `${found}, found ${first} to ${records.length}`);
  }

  /** Loses acknowledged records at the end, as an unclean election does. */
  cutOff(topic: Topic, partition: number, from: number): void {
    const shelf = this.shelf(topic, partition);
    shelf.records.length = from;
    shelf.cuts += 1;
    wake(shelf);
  }

  putParts(partition: number, parts: readonly Part[]): number[] {
    return parts.map((part) => {
      const older = this.parts.findIndex(
        (one) => one?.name === part.name && one.partition === partition,
      );
      if (older >= 0) this.parts[older] = null;
      return this.parts.push({ ...part, partition }) - 1;
    });
  }

  dropParts(partition: number, names: readonly string[]): void {
    for (const [place, part] of this.parts.entries()) {
      if (part?.partition === partition && names.includes(part.name)) this.parts[place] = null;
    }
  }

  commitPlace(group: string, partition: number, place: Place): void {
    const name = `${group}/${partition}`;
    this.places.set(name, [...(this.places.get(name) ?? []), place]);
  }
}

function wake(shelf: Shelf): void {
  const waiting = [...shelf.waiting];
  shelf.waiting.clear();
  for (const resume of waiting) resume();
}
