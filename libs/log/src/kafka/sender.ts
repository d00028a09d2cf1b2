import { Fault } from '@fermata/contracts';
import type { Kafka } from 'kafkajs';
import { GroupCommit } from '../group-commit';
import type { AppendOutcome, NewRecord } from '../port';
import { ask, leadersOf, openCluster, type Cluster } from './cluster';
import { KafkaRefusal, refusalOf } from './refusal';
import { produceRequest, type Stored } from './requests';
import type { WireRecord } from './wire-batch';

/** Characters in one request, about: a broker takes at most 100 MiB. */
const REQUEST_CHARS_MAX = 16_000_000;
/** Tries at one request while leaders move and brokers restart, about six seconds in all. */
const TRIES_MAX = 11;
/** No try begins after that: one alone may last ten seconds while replicas are missing. */
const TRY_AGAIN_MS = 12_000;
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 1_000;
const SEQUENCE_END = 2 ** 31;

/** Records of one partition that are stored together, and what became of them. */
interface Batch {
  readonly partition: number;
  readonly records: readonly WireRecord[];
  base: number | null;
  failure: unknown;
}

/** What goes to one partition in one request: the batches of several senders, in one of Kafka's. */
interface Parcel {
  readonly partition: number;
  readonly batches: readonly Batch[];
  readonly records: readonly WireRecord[];
}

/** Who this producer is to the brokers, and how many records it stored in each partition. */
interface Identity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequences: Map<number, number>;
}

/**
 * An idempotent producer of one topic. Requests to a broker follow one another, so what comes
 * while one is under way goes into the next together, whichever its partitions.
 */
export class Sender {
  private cluster: Promise<Cluster> | undefined;
  private identity: Promise<Identity> | undefined;
  private readonly requests: GroupCommit<Batch>;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    lingerMs: number,
  ) {
    const options = { sizeOf, sizeMax: REQUEST_CHARS_MAX, lingerMs };
    this.requests = new GroupCommit((batches) => this.storeAll(batches), options);
  }

  /** Stores records in one partition, whole; gives the first one's offset. */
  async store(partition: number, records: readonly WireRecord[]): Promise<number> {
    const batch: Batch = { partition, records, base: null, failure: null };
    await this.requests.add(batch);
    if (batch.base === null) throw batch.failure;
    return batch.base;
  }

  /** Stores one commit; an error leaves open whether it landed. */
  async append(partition: number, records: readonly NewRecord[]): Promise<AppendOutcome> {
    try {
      return { kind: 'appended', base: await this.store(partition, records) };
    } catch (cause) {
      if (cause instanceof KafkaRefusal && cause.isTooLarge) {
        const found = `expected a commit that partition ${partition} of ${this.topic} can store`;
        throw new Fault('PAYLOAD_TOO_LARGE', `${found}, found it too large`, false, { cause });
      }
      return { kind: 'unknown', cause };
    }
  }

  async stop(): Promise<void> {
    const cluster = await this.cluster?.catch(() => null);
    await cluster?.disconnect().catch(() => undefined);
  }

  /** Stores batches; one that no broker takes keeps no other from being stored. */
  private async storeAll(batches: readonly Batch[]): Promise<void> {
    let left = parcelsOf(batches);
    const lastTryAt = Date.now() + TRY_AGAIN_MS;
    for (let tries = 1; left.length > 0; tries += 1) {
      left = await this.tryOnce(left, tries === TRIES_MAX || Date.now() > lastTryAt);
      if (left.length === 0) break;
      await pause(Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (tries - 1)));
      await (await this.cluster)?.refreshMetadata().catch(() => undefined);
    }
    const apart = batches.filter((batch) => batches.length > 1 && isTooLarge(batch.failure));
    for (const batch of apart) await this.storeAll([batch]);
  }

  /** Sends parcels to their leaders; gives those that may be sent again, the last time none. */
  private async tryOnce(parcels: readonly Parcel[], isLast: boolean): Promise<Parcel[]> {
    const left: Parcel[] = [];
    const fail = (failed: readonly Parcel[], error: unknown): void => {
      const isPassing = !(error instanceof KafkaRefusal) || error.isPassing;
      if (isPassing && !isLast) left.push(...failed);
      else this.giveUp(failed, error);
    };
    try {
      const cluster = await this.connected();
      const identity = await this.identified(cluster);
      const leaders = leadersOf(
        cluster,
        this.topic,
        parcels.map(({ partition }) => partition),
      );
      const isLed = new Set(Object.values(leaders).flat());
      const unled = parcels.filter(({ partition }) => !isLed.has(partition));
      if (unled.length > 0) fail(unled, this.withoutLeader());
      const asked = Object.entries(leaders).map(async ([nodeId, partitions]) => {
        const own = parcels.filter(({ partition }) => partitions.includes(partition));
        try {
          for (const [parcel, error] of await this.send(cluster, nodeId, own, identity)) {
            fail([parcel], error);
          }
        } catch (error) {
          fail(own, error);
        }
      });
      await Promise.all(asked);
    } catch (error) {
      fail(parcels, error);
    }
    return left;
  }

  /** Sends parcels to one broker; gives those that it refused. */
  private async send(
    cluster: Cluster,
    nodeId: string,
    parcels: readonly Parcel[],
    { producerId, producerEpoch, sequences }: Identity,
  ): Promise<(readonly [Parcel, KafkaRefusal])[]> {
    const broker = await cluster.findBroker({ nodeId });
    const timeMs = Date.now();
    const parts = parcels.map(({ partition, records }) => {
      const firstSequence = sequences.get(partition) ?? 0;
      return { partition, records, producerId, producerEpoch, firstSequence, timeMs };
    });
    const answers = await ask(broker, produceRequest(this.topic, parts));
    return parcels.flatMap((parcel) => {
      const { partition, records } = parcel;
      const answer = answers.find((one) => one.partition === partition);
      if (answer?.error !== 0) {
        const number = answer?.error ?? -1;
        return [[parcel, refusalOf(number, `to store records of ${this.topic}`)] as const];
      }
      const next = (sequences.get(partition) ?? 0) + records.length;
      sequences.set(partition, next % SEQUENCE_END);
      settle(parcel, answer);
      return [];
    });
  }

  /** What is too large was not written; of the rest nobody knows: what follows is new to Kafka. */
  private giveUp(parcels: readonly Parcel[], error: unknown): void {
    for (const batch of parcels.flatMap(({ batches }) => batches)) batch.failure = error;
    if (!isTooLarge(error)) this.identity = undefined;
  }

  private withoutLeader(): Fault {
    const found = `expected a leader for each partition of ${this.topic}, found none for some`;
    return new Fault('LOG_UNAVAILABLE', `${found}; look at the brokers`, true);
  }

  /** Connections of its own: nothing else holds up what is stored. */
  private connected(): Promise<Cluster> {
    this.cluster ??= openCluster(this.kafka, [this.topic]).catch((error: unknown) => {
      this.cluster = undefined;
      throw error;
    });
    return this.cluster;
  }

  private identified(cluster: Cluster): Promise<Identity> {
    this.identity ??= newIdentity(cluster, this.topic).catch((error: unknown) => {
      this.identity = undefined;
      throw error;
    });
    return this.identity;
  }
}

/** Any broker gives an id to a producer. */
async function newIdentity(cluster: Cluster, topic: string): Promise<Identity> {
  const [nodeId = ''] = Object.keys(leadersOf(cluster, topic, [0]));
  const broker = await cluster.findBroker({ nodeId });
  const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 30_000 });
  return { producerId: Number(producerId), producerEpoch, sequences: new Map() };
}

function parcelsOf(batches: readonly Batch[]): Parcel[] {
  return [...Map.groupBy(batches, ({ partition }) => partition)].map(([partition, own]) => {
    const [only] = own;
    const records = own.length === 1 && only ? only.records : own.flatMap((one) => one.records);
    return { partition, batches: own, records };
  });
}

function settle({ batches }: Parcel, { base }: Stored): void {
  let next = base;
  for (const batch of batches) {
    batch.base = next;
    next += batch.records.length;
  }
}

function sizeOf({ records }: Batch): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof KafkaRefusal && error.isTooLarge;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
