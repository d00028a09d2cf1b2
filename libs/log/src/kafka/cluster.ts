import { Fault } from '@fermata/contracts';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { ByteReader, type ByteWriter } from './bytes';
import { mendKafkajs } from './mend-kafkajs';

/** A request of our own, and how its answer is read: kafkajs sends it over its connections. */
export interface WireRequest<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): ByteWriter;
  decode(answer: ByteReader): T;
}

interface KafkajsProtocol<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    decode(payload: Buffer): Promise<{ readonly answer: T }>;
    parse(decoded: { readonly answer: T }): Promise<T>;
  };
}

/** A broker, connected. */
export interface Broker {
  readonly connectionPool?: { send?<T>(protocol: KafkajsProtocol<T>): Promise<T> };
  disconnect(): Promise<void>;
  initProducerId(of: { readonly transactionTimeout: number }): Promise<{
    readonly producerId: string;
    readonly producerEpoch: number;
  }>;
}

/**
 * The part of kafkajs's cluster that finds leaders and keeps connections. Its consumers can't read
 * at an offset: they need a group, and jump to the end when an offset is gone. It is not public
 * there, so the version is pinned and the shape is checked when it is used.
 */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, number[]>>;
  findBroker(of: { readonly nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning: boolean;
    }[],
  ): Promise<
    readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[]
  >;
}

const CREATE_CLUSTER = 'private:Kafka:createCluster';

/** A client of the brokers, which says nothing by itself: what matters comes back as errors. */
export function kafkaClient(config: Omit<KafkaConfig, 'logLevel'>): Kafka {
  mendKafkajs();
  return new Kafka({
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 50, maxRetryTime: 2_000, retries: 8 },
    ...config,
    logLevel: logLevel.NOTHING,
  });
}

/** A connection for reading, with its own sockets: a waiting fetch holds up what is behind it. */
export async function openCluster(kafka: Kafka, topics: readonly string[]): Promise<Cluster> {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === CREATE_CLUSTER,
  );
  type Create = ((options: object) => unknown) | undefined;
  const create = symbol && (kafka as unknown as Record<symbol, Create>)[symbol];
  if (typeof create !== 'function') throw anotherKafkajs('clusters are made');
  const cluster = create({ allowAutoTopicCreation: false, isolationLevel: 0 }) as Cluster;
  await cluster.connect();
  for (const topic of topics) await cluster.addTargetTopic(topic);
  await untilKnown(cluster, topics);
  return cluster;
}

function anotherKafkajs(what: string): Fault {
  const found = `expected kafkajs 2.2.4, found another whose ${what} otherwise`;
  return new Fault('CONFIG_INVALID', `${found}; install the version of the lock file`);
}

/** Sends a request to a broker; one that closed the connection is connected anew by the next. */
export async function ask<T>(broker: Broker, wire: WireRequest<T>): Promise<T> {
  const { apiKey, apiVersion, apiName } = wire;
  if (typeof broker.connectionPool?.send !== 'function') throw anotherKafkajs('requests are sent');
  const encode = async () => {
    const { written } = wire.encode();
    return { buf: written, buffer: written };
  };
  try {
    return await broker.connectionPool.send({
      request: { apiKey, apiVersion, apiName, encode },
      response: {
        decode: async (payload: Buffer) => ({ answer: wire.decode(new ByteReader(payload)) }),
        parse: async ({ answer }) => answer,
      },
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') {
      await broker.disconnect();
    }
    throw error;
  }
}

/** Leaders by node; while nothing is known of them, none: who waits for them asks again. */
export function leadersOf(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Readonly<Record<string, number[]>> {
  try {
    return cluster.findLeaderForPartitions(topic, partitions);
  } catch {
    return {};
  }
}

/** A topic that was made a moment ago is not known to every broker yet. */
async function untilKnown(cluster: Cluster, topics: readonly string[]): Promise<void> {
  const isKnown = (topic: string): boolean => {
    try {
      return Object.keys(cluster.findLeaderForPartitions(topic, [0])).length > 0;
    } catch {
      return false;
    }
  };
  for (let tries = 0; !topics.every(isKnown) && tries < 50; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await cluster.refreshMetadata();
  }
}
