import { Fault } from '@fermata/contracts';
import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import { GroupCommit } from '../group-commit';
import type { AppendOutcome, NewRecord } from '../port';
import { messageOfBytes } from './wire-record';

const RETRY = { initialRetryTime: 50, maxRetryTime: 1_000, retries: 8 };
/** Characters in one request, about: a broker takes at most 100 MiB. */
const REQUEST_CHARS_MAX = 16_000_000;
/** Requests for what a moving leader left out. */
const ROUNDS_MAX = 5;

/** A record; in a compacted topic one without a value lets go of its key. */
type Sent = Omit<NewRecord, 'value'> & { readonly value: string | null };

/** Records of one partition that are stored together, and where the first came to stand. */
interface Batch {
  readonly partition: number;
  readonly records: readonly Sent[];
  base: number | null;
}

/**
 * An idempotent producer of one topic. Requests to a broker follow one another, so what comes
 * while one is under way goes into the next together, whichever its partitions.
 */
export class Sender {
  private producer: Promise<Producer>;
  private readonly requests: GroupCommit<Batch>;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    lingerMs: number,
  ) {
    this.producer = this.connect();
    this.producer.catch(() => undefined);
    const options = { sizeOf, sizeMax: REQUEST_CHARS_MAX, lingerMs };
    this.requests = new GroupCommit((batches) => this.request(batches), options);
  }

  /** A connected producer. */
  get connected(): Promise<Producer> {
    return this.producer;
  }

  /** Stores records in one partition, whole; gives the first one's offset. */
  async store(partition: number, records: readonly Sent[]): Promise<number> {
    const batch: Batch = { partition, records, base: null };
    await this.requests.add(batch);
    return batch.base ?? -1;
  }

  /** Stores one commit; an error leaves open whether it landed. */
  async append(partition: number, records: readonly NewRecord[]): Promise<AppendOutcome> {
    try {
      return { kind: 'appended', base: await this.store(partition, records) };
    } catch (cause) {
      if (isTooLarge(cause)) {
        const found = `expected a commit that partition ${partition} of ${this.topic} can store`;
        throw new Fault('PAYLOAD_TOO_LARGE', `${found}, found it too large`, false, { cause });
      }
      return { kind: 'unknown', cause };
    }
  }

  async stop(): Promise<void> {
    const producer = await this.producer.catch(() => null);
    await producer?.disconnect().catch(() => undefined);
  }

  /**
   * Stores batches in one request. When a leader moves meanwhile, it may succeed although some
   * were never written: those are missing in the answer, and sent again.
   */
  private async request(batches: readonly Batch[]): Promise<void> {
    try {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        const missing = batches.filter(({ base }) => base === null);
        if (missing.length === 0) return;
        await this.send(missing);
      }
    } catch (error) {
      // One that no broker takes must not keep the others from being stored.
      if (!isTooLarge(error) || batches.length === 1) throw error;
      for (const batch of batches) if (batch.base === null) await this.send([batch]);
    }
    if (batches.every(({ base }) => base !== null)) return;
    const found = `expected the brokers to store records of ${this.topic}`;
    throw new Fault('LOG_UNAVAILABLE', `${found}, found that their leaders keep moving`, true);
  }

  private async send(batches: readonly Batch[]): Promise<void> {
    const messages = batches.flatMap(({ partition, records }) =>
      records.map((record) => messageOf(partition, record)),
    );
    const used = this.producer;
    try {
      const stored = await (await used).send({ topic: this.topic, acks: -1, messages });
      const next = new Map(
        stored.map(({ partition, baseOffset }) => [partition, Number(baseOffset ?? -1)]),
      );
      for (const batch of batches) {
        const base = next.get(batch.partition);
        if (base === undefined) continue;
        batch.base = base;
        next.set(batch.partition, base + batch.records.length);
      }
    } catch (error) {
      // A producer that lost its sequence stays broken: the next send gets a new one.
      if (this.producer === used) this.renew(used);
      throw error;
    }
  }

  private renew(used: Promise<Producer>): void {
    this.producer = this.connect();
    this.producer.catch(() => undefined);
    void used.then((old) => old.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
    await producer.connect();
    return producer;
  }
}

function sizeOf({ records }: Batch): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

function messageOf(partition: number, { key, headers, value, raw }: Sent): Message {
  if (raw !== undefined) return { partition, ...messageOfBytes(raw) };
  return { partition, key, headers: { ...headers }, value };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'MESSAGE_TOO_LARGE';
}
