import { Fault } from '@fermata/contracts';
import { ConfigResourceTypes, type Admin, type ITopicConfig } from 'kafkajs';

/** What the topics are made with. */
export interface TopicOptions {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Put before each topic's name, so that several installations can share brokers. */
  readonly prefix: string;
}

/** Names of the topics. */
export interface TopicNames {
  readonly commands: string;
  readonly log: string;
  readonly checkpoints: string;
  readonly definitions: string;
  readonly places: string;
  readonly deadLetters: string;
}

/**
 * Bytes of one batch of the log: one commit must fit, since it is stored whole or not at all. A
 * dead letter is larger than the record that it holds, whatever the commands topic takes.
 */
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;

export function topicNames(prefix: string): TopicNames {
  return {
    commands: `${prefix}.commands`,
    log: `${prefix}.log`,
    checkpoints: `${prefix}.checkpoints`,
    definitions: `${prefix}.definitions`,
    places: `${prefix}.places`,
    deadLetters: `${prefix}.dead-letters`,
  };
}

type Settings = Readonly<Record<string, string>>;

/** Brokers store plain batches, whatever codec a client chose: an unknown one is no poison. */
const PLAIN: Settings = { 'compression.type': 'uncompressed' };
const FOR_EVER: Settings = {
  ...PLAIN,
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
};
const LARGE: Settings = { 'max.message.bytes': String(BATCH_BYTES_MAX) };
const NEWEST: Settings = { ...PLAIN, 'cleanup.policy': 'compact' };
/**
 * Restore points are written anew all the time: small segments are let go of soon, and a restore
 * reads little that is not its own.
 */
const PARTS: Settings = {
  ...NEWEST,
  'segment.bytes': String(64 * 1024 * 1024),
  'min.cleanable.dirty.ratio': '0.2',
  'delete.retention.ms': '60000',
};
const WEEK_MS = 7 * 24 * 3_600_000;

/** What is stored is on all copies but one at least: a broker may be lost with its disk. */
function copiesOf(replicationFactor: number): Settings {
  return { 'min.insync.replicas': String(Math.max(1, replicationFactor - 1)) };
}

function settingsOf(names: TopicNames, { partitions, replicationFactor }: TopicOptions) {
  const topics = [
    { topic: names.log, partitions, settings: { ...FOR_EVER, ...LARGE } },
    { topic: names.commands, partitions, settings: { ...PLAIN, 'retention.ms': String(WEEK_MS) } },
    { topic: names.checkpoints, partitions, settings: PARTS },
    { topic: names.definitions, partitions: 1, settings: NEWEST },
    { topic: names.places, partitions: 1, settings: NEWEST },
    { topic: names.deadLetters, partitions: 1, settings: { ...FOR_EVER, ...LARGE } },
  ];
  return topics.map(({ settings, ...topic }) => ({
    ...topic,
    settings: { ...settings, ...copiesOf(replicationFactor) },
  }));
}

/** Makes the topics that are missing, and refuses those that are not as they must be. */
export async function prepareTopics(admin: Admin, options: TopicOptions): Promise<TopicNames> {
  const names = topicNames(options.prefix);
  const wanted = settingsOf(names, options);
  const known = new Set(await admin.listTopics());
  const missing = wanted.filter(({ topic }) => !known.has(topic));
  if (missing.length > 0) {
    const topics = missing.map(
      ({ topic, partitions, settings }): ITopicConfig => ({
        topic,
        numPartitions: partitions,
        replicationFactor: options.replicationFactor,
        configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
      }),
    );
    await admin.createTopics({ topics, waitForLeaders: true });
  }
  // Another process may have made them a moment ago: not every partition has a leader yet.
  for (const { topic } of wanted) await untilLed(admin, topic);
  await checkPartitions(admin, wanted);
  await checkSettings(admin, wanted);
  return names;
}

const TRIES_MAX = 100;
const PAUSE_MS = 200;

async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (cause) {
      if (tries < TRIES_MAX) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      else {
        const found = `expected a leader for each partition of ${topic}, found: ${String(cause)}`;
        throw new Fault('LOG_UNAVAILABLE', `${found}; look at the brokers`, true, { cause });
      }
    }
  }
}

type Wanted = ReturnType<typeof settingsOf>;

async function checkPartitions(admin: Admin, wanted: Wanted): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) });
  for (const { topic, partitions } of wanted) {
    const found = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (found === partitions) continue;
    const message = `expected ${partitions} partitions of ${topic}, found ${found}`;
    throw new Fault(
      'CONFIG_INVALID',
      `${message}; their count is fixed for the log's life: set FERMATA_PARTITIONS to it`,
    );
  }
}

async function checkSettings(admin: Admin, wanted: Wanted): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ topic, settings }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: Object.keys(settings),
    })),
  });
  const wrong = wanted.flatMap(({ topic, settings }) => {
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries;
    return Object.entries(settings).flatMap(([name, value]) => {
      const found = entries?.find(({ configName }) => configName === name)?.configValue ?? 'none';
      if (found === value || isEnough(name, found, value)) return [];
      return `${name}=${value} of ${topic}, found ${found}`;
    });
  });
  if (wrong.length === 0) return;
  const remedy = 'change each: kafka-configs --alter --topic <topic> --add-config <name>=<value>';
  throw new Fault('CONFIG_INVALID', `expected ${wrong.join('; ')}; ${remedy}`);
}

/** A topic may take larger batches than we make, and may ask for more copies. */
const AT_LEAST: ReadonlySet<string> = new Set(['max.message.bytes', 'min.insync.replicas']);

function isEnough(name: string, found: string, wanted: string): boolean {
  return AT_LEAST.has(name) && Number(found) >= Number(wanted);
}
