import { partitionOf } from '@fermata/contracts';
import type { Kafka, KafkaConfig } from 'kafkajs';
import type { DeadLetter, LogPort, NewRecord, Reader, Topic } from '../port';
import type { Place } from '../acceptance';
import { kafkaClient, openCluster, type Cluster } from './cluster';
import { Fetcher, rangeOf, truncated } from './fetcher';
import { LatestTable } from './latest-table';
import { joinGroup } from './membership';
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

/** Commands that came together are followed by more: the next request lets them come. */
const LINGER_MS = 8;

/** A log on Kafka: one topic of wishes, one of facts, and small ones for what is newest. */
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
  private readonly fetchers: (readonly [topic: string, fetcher: Fetcher])[] = [];
  private readonly commands: Sender;
  private readonly facts: Sender;
  private readonly definitions: LatestTable;
  private readonly places: LatestTable;
  private letters: LatestTable | undefined;
  private parts: PartsTopic | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly cluster: Cluster,
    private readonly names: TopicNames,
    private readonly partitions: number,
  ) {
    this.commands = new Sender(kafka, names.commands, LINGER_MS);
    this.facts = new Sender(kafka, names.log, 0);
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
      dropLatest: (name) => this.definitions.put(name, null),
      getLatest: (name) => this.definitions.get(name),
      listLatest: (prefix) => this.definitions.list(prefix),
      putParts: (partition, parts) => putParts(this.partsTopic(), partition, parts),
      readParts: (partition, places) => readParts(this.partsTopic(), partition, places),
      dropParts: (partition, dropped) => dropParts(this.partsTopic(), partition, dropped),
      quarantine: async (letter) =>
        (await this.letterTable()).put(
          `${letter.topic}/${letter.partition}/${letter.offset}`,
          JSON.stringify(letter),
        ),
      deadLetters: async () => {
        const texts = [...(await (await this.letterTable()).list('')).values()];
        return texts.map((text) => JSON.parse(text) as DeadLetter);
      },
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
    await Promise.all(
      [...byPartition].map(([partition, batch]) => this.commands.store(partition, batch)),
    );
  }

  private async open(topic: Topic, partition: number, from: number): Promise<Reader> {
    const name = this.names[topic];
    const { first, end } = await rangeOf(this.cluster, name, partition);
    if (from < first || from > end) throw truncated(topic, partition, from, first, end);
    return this.reader(name, partition, from);
  }

  private reader(topic: string, partition: number, from: number): Promise<Reader> {
    const free = this.fetchers.find(
      ([name, one]) => name === topic && !one.isBroken && !one.reads(partition),
    );
    const fetcher = free?.[1] ?? new Fetcher(this.kafka, topic);
    if (free === undefined) this.fetchers.push([topic, fetcher]);
    return fetcher.open(partition, from);
  }

  private tableOf(topic: string): LatestTable {
    return new LatestTable({
      topic,
      producer: () => this.commands.connected,
      open: (from) => this.reader(topic, 0, from),
      range: () => rangeOf(this.cluster, topic, 0),
    });
  }

  /** Dead letters are read by whoever puts one aside or asks for them, and by nobody else. */
  private async letterTable(): Promise<LatestTable> {
    if (this.letters === undefined) {
      this.letters = this.tableOf(this.names.deadLetters);
      await this.letters.start();
    }
    return this.letters;
  }

  /** Restore points are written and read by schedulers, and by nobody else. */
  private partsTopic(): PartsTopic {
    const topic = this.names.checkpoints;
    this.parts ??= {
      sender: new Sender(this.kafka, topic, 0),
      open: (partition, from) => this.reader(topic, partition, from),
      range: (partition) => rangeOf(this.cluster, topic, partition),
    };
    return this.parts;
  }

  private async close(): Promise<void> {
    await Promise.all([this.commands.stop(), this.facts.stop(), this.parts?.sender.stop()]);
    await Promise.all(this.fetchers.map(([, fetcher]) => fetcher.stop()));
    await Promise.all([this.definitions.stop(), this.places.stop(), this.letters?.stop()]);
    await this.cluster.disconnect();
  }
}
