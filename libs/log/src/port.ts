import type { Place } from './acceptance';

/** The two topics with an order: commands in, events out. */
export type Topic = 'commands' | 'log';

/** A record as bytes: what another service wrote need be no text, and need have no key. */
export interface RawRecord {
  readonly key: Buffer | null;
  /** A name may stand several times, and a header may have no value. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  readonly value: Buffer | null;
}

/** A record on its way in. Its key, `tenant/run`, decides the partition. */
export interface NewRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8 JSON of the record's data. */
  readonly value: string;
  /**
   * What the record says, already read: spares readers in the same process a parse. Never
   * stored, so it can't come from outside.
   */
  readonly decoded?: unknown;
  /** Its bytes, when the texts above do not give them back: a client may write anything. */
  readonly raw?: RawRecord;
}

/** A record as stored: its offset is dense for our own adapters, and only rises on Kafka. */
export interface StoredRecord extends NewRecord {
  readonly partition: number;
  readonly offset: number;
}

/**
 * What became of an append. `conflict`: another writer's record stands at the base; read on,
 * never take the next position. `unknown`: it may or may not have landed; send the same bytes
 * again or stand down.
 */
export type AppendOutcome =
  | { readonly kind: 'appended'; readonly base: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unknown'; readonly cause: unknown };

/** Reads one partition of one topic in order, at its caller's pace. */
export interface Reader {
  /**
   * The offset after all that was given or passed over: what ends a transaction, or a compacted
   * topic, takes offsets and is no record.
   */
  readonly next: number;
  /**
   * Waits for at least one record and gives up to `max`; an empty list means closed, or that
   * `next` reached `until` without a record.
   */
  read(max: number, until?: number): Promise<readonly StoredRecord[]>;
  close(): void;
}

/** Bytes that could not be understood, with where they came from and why they are dead letters. */
export interface DeadLetter {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly reason: string;
  readonly record: NewRecord;
}

/** Where a record stood before it was a dead letter. */
export type LetterOrigin = Pick<DeadLetter, 'topic' | 'partition' | 'offset'>;

/** Which part of the dead letters is asked for. */
export interface LetterExtent {
  /** Only those behind this one. */
  readonly after?: LetterOrigin | undefined;
  /** How many at most. */
  readonly max?: number;
}

/** A piece of a restore point, under a name of its own in its partition. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

/** A place in a group that shares the partitions. */
export interface Membership {
  /** Gives the partitions back at once, so that another member takes them. */
  leave(): Promise<void>;
}

/** What Fermata needs of a log. Client types of an adapter never leave the adapter. */
export interface LogPort {
  /** Fixed for the life of the log (rule R14). */
  readonly partitions: number;
  /** Stores commands durably, each in its key's partition; resolved means stored. */
  send(commands: readonly NewRecord[]): Promise<void>;
  /** Stores the records of one commit whole or not at all, from offset `base` on. */
  append(partition: number, base: number, records: readonly NewRecord[]): Promise<AppendOutcome>;
  /** Reads from an offset on; throws LOG_TRUNCATED when the topic begins after it (rule R11). */
  open(topic: Topic, partition: number, from: number): Promise<Reader>;
  /** The offset that the next record of this partition will have. */
  end(topic: Topic, partition: number): Promise<number>;
  /** Stores the newest value of a name: definitions, restore points. */
  putLatest(name: string, value: string): Promise<void>;
  /**
   * Stores a value if the newest of its name is `expected`, null for none; false when another
   * stands there. Of several writers that expect the same, one is told true. One that is told
   * nothing reads the name before it tries again. Whoever writes a name at the same moment does so
   * by this too.
   */
  putLatestIf(name: string, value: string, expected: string | null): Promise<boolean>;
  /** Lets go of a name and its value. */
  dropLatest(name: string): Promise<void>;
  /** The newest value of a name, or null. */
  getLatest(name: string): Promise<string | null>;
  /** The newest values of all names with this prefix, by name. */
  listLatest(prefix: string): Promise<ReadonlyMap<string, string>>;
  /** Stores pieces of a partition's restore points; says where each stands, in rising order. */
  putParts(partition: number, parts: readonly Part[]): Promise<readonly number[]>;
  /** The texts of the pieces that stand at these rising places, in order; null for one gone. */
  readParts(partition: number, places: readonly number[]): AsyncIterable<string | null>;
  /** Lets go of pieces; what a newer restore point needs has other names. */
  dropParts(partition: number, names: readonly string[]): Promise<void>;
  /** Stores a dead letter, once for each topic, partition and offset. */
  putDeadLetter(letter: DeadLetter): Promise<void>;
  /**
   * The first of the dead letters that are wanted, each with its bytes, in the order of topic,
   * partition and offset: some at a time, the rest is asked for behind the last.
   */
  deadLetters(
    wanted?: (letter: DeadLetter) => boolean,
    extent?: LetterExtent,
  ): Promise<readonly DeadLetter[]>;
  /** Remembers how far a group of readers has come: a hint, the log itself decides. */
  commitPlace(group: string, partition: number, place: Place): Promise<void>;
  /** The place a group committed last, or null. */
  committedPlace(group: string, partition: number): Promise<Place | null>;
  /**
   * Joins a group whose members share the partitions; `assigned` hears which are this member's,
   * now and whenever that changes. A hint: a wrong one costs speed, never correctness.
   */
  join(group: string, assigned: (partitions: readonly number[]) => void): Promise<Membership>;
  close(): Promise<void>;
}
