import { Fault } from '@fermata/contracts';
import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import type { AppendOutcome, NewRecord } from '../port';

const RETRY = { initialRetryTime: 50, maxRetryTime: 1_000, retries: 8 };

/**
 * Idempotent producers, one to a topic. A send goes to one partition only: when a leader moves, a
 * send over several may resolve although some of its records were never written.
 */
export class Sender {
  private producer: Promise<Producer>;

  constructor(private readonly kafka: Kafka) {
    this.producer = this.connect();
    this.producer.catch(() => undefined);
  }

  /** A connected producer. */
  get connected(): Promise<Producer> {
    return this.producer;
  }

  /** Stores records in one partition, whole; gives the first one's offset. */
  async store(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    const messages = records.map((record) => messageOf(partition, record));
    const used = this.producer;
    try {
      const [stored] = await (await used).send({ topic, acks: -1, messages });
      return Number(stored?.baseOffset ?? -1);
    } catch (error) {
      // A producer that lost its sequence stays broken: the next send gets a new one.
      if (this.producer === used) this.renew(used);
      throw error;
    }
  }

  /** Stores one commit; an error leaves open whether it landed. */
  async append(
    topic: string,
    partition: number,
    records: readonly NewRecord[],
  ): Promise<AppendOutcome> {
    try {
      return { kind: 'appended', base: await this.store(topic, partition, records) };
    } catch (cause) {
      if (isTooLarge(cause)) {
        const found = `expected a commit that partition ${partition} of ${topic} can store`;
        throw new Fault('PAYLOAD_TOO_LARGE', `${found}, found it too large`, false, { cause });
      }
      return { kind: 'unknown', cause };
    }
  }

  async stop(): Promise<void> {
    const producer = await this.producer.catch(() => null);
    await producer?.disconnect().catch(() => undefined);
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

function messageOf(partition: number, { key, headers, value }: NewRecord): Message {
  return { partition, key, headers: { ...headers }, value };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'MESSAGE_TOO_LARGE';
}
