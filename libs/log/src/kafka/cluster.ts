import { Fault } from '@fermata/contracts';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';

/** A message as the wire has it. */
export interface WireMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>;
}

interface FetchedPartition {
  readonly partition: number;
  readonly messages: readonly WireMessage[];
}

interface Broker {
  fetch(request: {
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly maxBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topicName: string;
      readonly partitions: readonly FetchedPartition[];
    }[];
  }>;
}

/**
 * The part of kafkajs's cluster that reads at an offset. Its consumers can't: they need a group,
 * and jump to the end when an offset is gone. It is not public there, so the version is pinned
 * and the shape is checked when it is opened.
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

/** kafkajs sets a timer in the past at each connect, of which Node warns; nothing is wrong. */
const silenceTimerWarning = once(() => {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (args[1] !== 'TimeoutNegativeWarning') emit(...args);
  };
});

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** A client of the brokers, which says nothing by itself: what matters comes back as errors. */
export function kafkaClient(config: Omit<KafkaConfig, 'logLevel'>): Kafka {
  silenceTimerWarning();
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
  const create = symbol && (kafka as unknown as Record<symbol, unknown>)[symbol];
  if (typeof create !== 'function') {
    const found = 'expected kafkajs 2.2.4, found another whose clusters are made otherwise';
    throw new Fault('CONFIG_INVALID', `${found}; install the version of the lock file`);
  }
  const cluster = create({ allowAutoTopicCreation: false, isolationLevel: 0 }) as Cluster;
  await cluster.connect();
  for (const topic of topics) await cluster.addTargetTopic(topic);
  await untilKnown(cluster, topics);
  return cluster;
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
