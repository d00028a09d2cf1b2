import { createRequire } from 'node:module';
import { join } from 'node:path';

/** One broker of a Kafka that was started here. */
export interface KafkaNode {
  readonly id: number;
}

/** A Kafka that was started here. */
export interface LocalKafka {
  /** Addresses for clients, separated by commas. */
  readonly brokers: string;
  readonly nodes: readonly KafkaNode[];
  /** Starts a broker that was ended, and waits until it answers. */
  start(node: KafkaNode): Promise<void>;
  /** Sends a signal to a broker; SIGKILL and SIGTERM wait for its end. */
  signal(node: KafkaNode, signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** What `tools/kafka/broker.cjs` offers. */
export interface KafkaTools {
  /** Whether this machine has Java and Maven. */
  canStart(): boolean;
  /** Folder of the jars of the broker, and of Kafka's own Java client. */
  jars(): string;
  startKafka(options?: { nodes?: 1 | 3; dataDir?: string }): Promise<LocalKafka>;
}

/** The tools that start a real broker without Docker. */
export function kafkaTools(): KafkaTools {
  const place = join(__dirname, '../../..', 'tools', 'kafka', 'broker.cjs');
  return createRequire(place)(place) as KafkaTools;
}
