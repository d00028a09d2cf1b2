import { Fault } from '@fermata/contracts';
import type { Kafka } from 'kafkajs';
import { GroupCommit } from '../group-commit';
import type { AppendOutcome, NewRecord } from '../port';
import { ask, leadersOf, openCluster, type Broker, type Cluster } from './cluster';
import { Lane, type Identity } from './lane';
import { KafkaRefusal, refusalOf } from './refusal';
import { produceRequest } from './requests';
import type { WireRecord } from './wire-batch';

/** Characters in one request, about: a broker takes at most 100 MiB. */
const REQUEST_CHARS_MAX = 16_000_000;
/** Tries at one parcel while leaders move and brokers restart, about six seconds in all. */
const TRIES_MAX = 11;
/** No try begins after that: one alone may last ten seconds while replicas are missing. */
const TRY_AGAIN_MS = 12_000;
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 1_000;

/** A broker that leads some partitions: its requests follow one another. */
interface Leader {
  readonly requests: GroupCommit<Lane>;
  /** Each broker knows us by another id: one that does not answer holds up no other. */
  identity: Promise<Identity> | undefined;
}

/**
 * An idempotent producer of one topic. Requests to a broker follow one another, so what comes
 * while one is under way goes into the next together, whichever its partitions. A partition that
 * takes nothing makes only its own senders wait.
 */
export class Sender {
  private cluster: Promise<Cluster> | undefined;
  private readonly lanes = new Map<number, Lane>();
  private readonly leaders = new Map<string, Leader>();

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
  ) {}

  /** Stores records in one partition, whole; gives the first one's offset. */
  store(partition: number, records: readonly WireRecord[]): Promise<number> {
    const lane = this.lanes.get(partition) ?? new Lane(partition, REQUEST_CHARS_MAX);
    const isServed = this.lanes.has(partition);
    this.lanes.set(partition, lane);
    return new Promise((stored, failed) => {
      lane.add({ records, stored, failed, isAlone: false });
      if (!isServed) void this.serve(lane);
    });
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

  /** Stores what one partition's senders wait for, parcel after parcel, until none waits. */
  private async serve(lane: Lane): Promise<void> {
    while (!lane.isEmpty) await this.storeNext(lane);
    this.lanes.delete(lane.partition);
  }

  private async storeNext(lane: Lane): Promise<void> {
    const lastTryAt = Date.now() + TRY_AGAIN_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.tryOnce(lane);
      } catch (error) {
        const isRefused = error instanceof KafkaRefusal;
        if (isRefused && error.isTooLarge) return lane.split(error);
        const isPassing = !isRefused || error.isPassing;
        if (!isPassing || tries === TRIES_MAX || Date.now() > lastTryAt) {
          return this.giveUp(lane, error);
        }
      }
      await pause(Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (tries - 1)));
      await (await this.cluster?.catch(() => null))?.refreshMetadata().catch(() => undefined);
    }
  }

  /** Goes along with the next request to the partition's leader. */
  private async tryOnce(lane: Lane): Promise<void> {
    const { partition } = lane;
    const [nodeId] = Object.keys(leadersOf(await this.connected(), this.topic, [partition]));
    // Kafka's word for a partition that nobody leads.
    if (nodeId === undefined || nodeId === '-1') throw this.withoutLeader(partition);
    await this.leaderAt(nodeId).requests.add(lane);
    if (lane.refusal !== null) throw lane.refusal;
  }

  private leaderAt(nodeId: string): Leader {
    const known = this.leaders.get(nodeId);
    if (known !== undefined) return known;
    const send = (lanes: readonly Lane[]): Promise<void> => this.send(nodeId, leader, lanes);
    const options = { sizeOf: ({ size }: Lane) => size, sizeMax: REQUEST_CHARS_MAX };
    const leader: Leader = { requests: new GroupCommit(send, options), identity: undefined };
    this.leaders.set(nodeId, leader);
    return leader;
  }

  /** Sends what goes to one broker; each lane hears what became of its own parcel. */
  private async send(nodeId: string, leader: Leader, lanes: readonly Lane[]): Promise<void> {
    const broker = await (await this.connected()).findBroker({ nodeId });
    const own = await identified(leader, broker);
    const timeMs = Date.now();
    const parcels = lanes.map((lane) => ({ lane, parcel: lane.pack(own) }));
    const parts = parcels.map(({ lane: { partition }, parcel }) => {
      const { records, identity, firstSequence } = parcel;
      const { producerId, producerEpoch } = identity;
      return { partition, records, producerId, producerEpoch, firstSequence, timeMs };
    });
    const answers = await ask(broker, produceRequest(this.topic, parts));
    for (const lane of lanes) {
      const answer = answers.find(({ partition }) => partition === lane.partition);
      const error = answer?.error ?? -1;
      lane.refusal = error === 0 ? null : refusalOf(error, `to store records of ${this.topic}`);
      if (answer !== undefined && error === 0) lane.settle(answer.base);
    }
  }

  /** Whether the parcel was stored nobody knows: what follows is new to Kafka. */
  private giveUp(lane: Lane, error: unknown): void {
    for (const leader of this.leaders.values()) leader.identity = undefined;
    lane.fail(error);
  }

  private withoutLeader(partition: number): Fault {
    const found = `expected a leader of partition ${partition} of ${this.topic}, found none`;
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
}

function identified(leader: Leader, broker: Broker): Promise<Identity> {
  leader.identity ??= newIdentity(broker).catch((error: unknown) => {
    leader.identity = undefined;
    throw error;
  });
  return leader.identity;
}

/** Any broker gives an id to a producer. */
async function newIdentity(broker: Broker): Promise<Identity> {
  const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 30_000 });
  return { producerId: Number(producerId), producerEpoch, sequences: new Map() };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
