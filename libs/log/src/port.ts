/** The two topics with an order: wishes in, facts out. */
export type Topic = 'commands' | 'log';

/** A record on its way in. Its key, `tenant/run`, decides the partition. */
export interface NewRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8 JSON of the record's data. */
  readonly value: string;
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
  /** Waits for at least one record and gives up to `max`; an empty list means closed. */
  read(max: number): Promise<readonly StoredRecord[]>;
  close(): void;
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
  close(): Promise<void>;
}
