import { Fault, partitionOf } from '@fermata/contracts';
import type { Kafka, KafkaConfig } from 'kafkajs';
import type { LogPort, NewRecord, Reader, Topic } from '../port';
import type { Place } from '../acceptance';
import { FirstLetters } from '../first-letters';
import { kafkaClient, openCluster, type Cluster } from './cluster';
import { putLetter, readLetters, type LettersTopic } from './dead-letters';
import { Fetcher, rangeOf, truncated } from './fetcher';
import { LatestTable } from './latest-table';
import { joinGroup } from './membership';
import { KafkaRefusal } from './refusal';
import { dropParts, putParts, readParts, type PartsTopic } from './restore-parts';
import { Sender } from './sender';
import { prepareTopics, type TopicNames } from './topics';

/** Where the brokers are, and how the log lies on them. */
export interface KafkaLogOptions {
  /** Client settings of kafkajs: brokers, ssl, sasl, clientId. */
  readonly client: Omit<KafkaConfig, 'logLevel'>;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly prefix?: string;
}

/** A log on Kafka: one topic of commands, one of events, and small ones for what is newest. */
export async function kafkaLog(options: KafkaLogOptions): Promise<LogPort> {
  const { client, partitions = 24, replicationFactor = 1, prefix = 'fermata' } = options;
  const kafka = kafkaClient(client);
  const admin = kafka.admin();
  await admin.connect();
  const names = await prepareTopics(admin, { partitions, replicationFactor, prefix }).finally(() =>
    admin.disconnect(),
  );
  const cluster = await openCluster(kafka, Object.values(names));
  const log = new KafkaLog(kafka, cluster, names, partitions);
  await log.start();
  return log.port();
}

class KafkaLog {
  private fetchers: (readonly [topic: string, fetcher: Fetcher])[] = [];
  private readonly commands: Sender;
  private readonly facts: Sender;
  private readonly definitions: LatestTable;
  private readonly places: LatestTable;
  private letters: LettersTopic | undefined;
  private parts: PartsTopic | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly cluster: Cluster,
    private readonly names: TopicNames,
    private readonly partitions: number,
  ) {
    this.commands = new Sender(kafka, names.commands);
    this.facts = new Sender(kafka, names.log);
    this.definitions = this.tableOf(names.definitions);
    this.places = this.tableOf(names.places);
  }

  async start(): Promise<void> {
    await Promise.all([this.definitions.start(), this.places.start()]);
  }

  port(): LogPort {
    const { partitions, names } = this;
    return {
      partitions,
      send: (records) => this.send(records),
      append: (partition, _base, records) => this.facts.append(partition, records),
      open: (topic, partition, from) => this.open(topic, partition, from),
      end: async (topic, partition) => (await rangeOf(this.cluster, names[topic], partition)).end,
      putLatest: (name, value) => this.definitions.put(name, value),
      putLatestIf: (name, value, expected) => this.definitions.putIf(name, value, expected),
      dropLatest: (name) => this.definitions.put(name, null),
      getLatest: (name) => this.definitions.get(name),
      listLatest: (prefix) => this.definitions.list(prefix),
      putParts: (partition, parts) => putParts(this.partsTopic(), partition, parts),
      readParts: (partition, places) => readParts(this.partsTopic(), partition, places),
      dropParts: (partition, dropped) => dropParts(this.partsTopic(), partition, dropped),
      putDeadLetter: (letter) => putLetter(this.lettersTopic(), letter),
      deadLetters: (wanted, extent) =>
        readLetters(this.lettersTopic(), new FirstLetters(wanted, extent)),
      commitPlace: (group, partition, place) =>
        this.places.put(`${group}/${partition}`, JSON.stringify(place)),
      committedPlace: async (group, partition) => {
        const text = await this.places.get(`${group}/${partition}`);
        return text === null ? null : (JSON.parse(text) as Place);
      },
      join: (group, assigned) =>
        joinGroup(this.kafka, `${names.commands}.${group}`, names.commands, assigned),
      close: () => this.close(),
    };
  }

  private async send(records: readonly NewRecord[]): Promise<void> {
    const byPartition = Map.groupBy(records, ({ key }) => partitionOf(key, this.partitions));
    const stored = [...byPartition].map(([partition, batch]) =>
      this.commands.store(partition, batch),
    );
    await Promise.all(stored).catch((cause: unknown) => {
      if (cause instanceof Fault) throw cause;
      const found = `expected ${records.length} commands to be stored`;
      if (cause instanceof KafkaRefusal && cause.isTooLarge) {
        const message = `${found}, found one too large for the brokers; send less`;
        throw new Fault('PAYLOAD_TOO_LARGE', message, false, { cause });
      }
      const message = `${found}, found that the brokers did not say so; send them again`;
      throw new Fault('LOG_UNAVAILABLE', message, true, { cause });
    });
  }

  private async open(topic: Topic, partition: number, from: number): Promise<Reader> {
    const name = this.names[topic];
    const { first, end } = await rangeOf(this.cluster, name, partition);
    if (from < first || from > end) throw truncated(topic, partition, from, first, end);
    return this.reader(name, partition, from);
  }

  private reader(topic: string, partition: number, from: number): Promise<Reader> {
    this.fetchers = this.fetchers.filter(([, one]) => !one.isBroken);
    const free = this.fetchers.find(([name, one]) => name === topic && !one.reads(partition));
    const fetcher = free?.[1] ?? new Fetcher(this.kafka, topic);
    if (free === undefined) this.fetchers.push([topic, fetcher]);
    return fetcher.open(partition, from);
  }

  private tableOf(topic: string): LatestTable {
    return new LatestTable({
      sender: new Sender(this.kafka, topic),
      open: (from) => this.reader(topic, 0, from),
      range: () => rangeOf(this.cluster, topic, 0),
    });
  }

  /** Dead letters are read anew by whoever asks for them, and kept by nobody. */
  private lettersTopic(): LettersTopic {
    const topic = this.names.deadLetters;
    this.letters ??= {
      sender: new Sender(this.kafka, topic),
      open: (from) => this.reader(topic, 0, from),
      range: () => rangeOf(this.cluster, topic, 0),
    };
    return this.letters;
  }

  /** Restore points are written and read by schedulers, and by nobody else. */
  private partsTopic(): PartsTopic {
    const topic = this.names.checkpoints;
    this.parts ??= {
      sender: new Sender(this.kafka, topic),
      open: (partition, from) => this.reader(topic, partition, from),
      range: (partition) => rangeOf(this.cluster, topic, partition),
    };
    return this.parts;
  }

  private async close(): Promise<void> {
    const senders = [this.commands, this.facts, this.parts?.sender, this.letters?.sender];
    await Promise.all(senders.map(async (sender) => await sender?.stop()));
    await Promise.all(this.fetchers.map(([, fetcher]) => fetcher.stop()));
    await Promise.all([this.definitions.stop(), this.places.stop()]);
    await this.cluster.disconnect();
  }
}
