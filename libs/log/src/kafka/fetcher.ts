import { Fault } from '@fermata/contracts';
import type { Kafka } from 'kafkajs';
import type { Reader } from '../port';
import { ask, leadersOf, openCluster, type Cluster } from './cluster';
import { OFFSET_OUT_OF_RANGE, refusalOf } from './refusal';
import { fetchRequest } from './requests';
import { Slot } from './slot';
import { readBatches } from './wire-batch';

const BOUNDS = {
  /** How long a fetch waits for a record; also how long a new reader may wait to be served. */
  waitMs: 200,
  bytesMax: 16 * 1024 * 1024,
  partitionBytesMax: 2 * 1024 * 1024,
};
const PAUSE_MS = 200;
/** Fetches that fail in a row before the connections are given up. */
const FAILURES_MAX = 20;

/**
 * Reads partitions of one topic, each at an offset of its own: one fetch at a time to each broker
 * asks for all partitions that it leads.
 */
export class Fetcher {
  private readonly slots = new Map<number, Slot>();
  private readonly loops = new Map<string, Promise<void>>();
  private readonly cluster: Promise<Cluster>;
  private readonly waiting = new Set<() => void>();
  private stopped = false;
  /** Whether its connections were given up: readers are opened elsewhere then. */
  isBroken = false;

  constructor(
    kafka: Kafka,
    private readonly topic: string,
  ) {
    this.cluster = openCluster(kafka, [topic]);
    // Whoever opens a reader hears of a failure; the next one is opened elsewhere.
    this.cluster.catch(() => (this.isBroken = true));
  }

  /** Whether a reader of this partition is served already. */
  reads(partition: number): boolean {
    return this.slots.has(partition);
  }

  /** Opens a reader; the offset must be one that the partition holds, or its end. */
  async open(partition: number, from: number): Promise<Reader> {
    const slot = new Slot(
      partition,
      from,
      () => this.tell(),
      () => this.slots.get(partition) === slot && this.slots.delete(partition),
    );
    this.slots.set(partition, slot);
    try {
      this.serve(await this.cluster);
    } catch (error) {
      slot.close();
      throw error;
    }
    this.tell();
    return slot;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (!this.isBroken) for (const slot of [...this.slots.values()]) slot.close();
    this.tell();
    const cluster = await this.cluster.catch(() => null);
    await cluster?.disconnect().catch(() => undefined);
    await Promise.all(this.loops.values());
  }

  /** Wakes the loops that have nothing to ask for: a reader came, or has room again. */
  private tell(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Sees that every broker that leads one of our partitions is asked, now or once it is known. */
  private serve(cluster: Cluster): void {
    if (this.stopped) return;
    const leaders = leadersOf(cluster, this.topic, [...this.slots.keys()]);
    for (const node of Object.keys(leaders)) {
      if (!this.loops.has(node)) this.loops.set(node, this.ask(cluster, node));
    }
    if (Object.values(leaders).flat().length >= this.slots.size) return;
    const again = async (): Promise<void> => {
      await cluster.refreshMetadata().catch(() => undefined);
      this.serve(cluster);
      // A broker that is asked already may sleep, since none of its partitions was known.
      this.tell();
    };
    setTimeout(() => void again(), PAUSE_MS);
  }

  /** Asks one broker for as long as this fetcher lives. */
  private async ask(cluster: Cluster, node: string): Promise<void> {
    for (let failures = 0; !this.stopped; ) {
      const wanting = this.slotsLedBy(cluster, node).filter((slot) => slot.wantsMore);
      if (wanting.length === 0) {
        await new Promise<void>((resolve) => this.waiting.add(resolve));
        continue;
      }
      try {
        await this.fetch(cluster, node, wanting);
        failures = 0;
      } catch (error) {
        if (this.stopped) return;
        failures += 1;
        if (failures >= FAILURES_MAX) this.giveUp(error);
        else await this.refresh(cluster);
      }
    }
  }

  private slotsLedBy(cluster: Cluster, node: string): Slot[] {
    const leaders = leadersOf(cluster, this.topic, [...this.slots.keys()]);
    return (leaders[node] ?? []).flatMap((partition) => this.slots.get(partition) ?? []);
  }

  /**
   * Whoever is asked first is asked last from now on: a batch above the bound of a partition is
   * given to the first that has records, and to no other.
   */
  private giveWay(first: Slot | undefined): void {
    if (first === undefined || this.slots.get(first.partition) !== first) return;
    this.slots.delete(first.partition);
    this.slots.set(first.partition, first);
  }

  private async fetch(cluster: Cluster, node: string, slots: readonly Slot[]): Promise<void> {
    const broker = await cluster.findBroker({ nodeId: node });
    this.giveWay(slots[0]);
    const from = slots.map(({ partition, fetched }) => ({ partition, offset: fetched }));
    const answers = await ask(broker, fetchRequest(this.topic, from, BOUNDS));
    for (const { partition, error, bytes } of answers) {
      const slot = slots.find((one) => one.partition === partition);
      if (slot === undefined || slot.isClosed) continue;
      if (error !== 0) {
        void this.recover(cluster, slot, error);
        continue;
      }
      slot.add(readBatches(bytes, partition, slot.fetched));
    }
  }

  /** Whoever reads hears of it and opens anew, with connections of its own. */
  private giveUp(cause: unknown): void {
    this.isBroken = true;
    for (const slot of [...this.slots.values()]) slot.fail(this.unavailable(cause));
    void this.stop();
  }

  private unavailable(cause: unknown): Fault {
    const found = `expected the brokers to give records of ${this.topic}, found: ${String(cause)}`;
    return new Fault('LOG_UNAVAILABLE', `${found}; look at them`, true, { cause });
  }

  /** A broker gave nothing of one partition: others are read on meanwhile. */
  private async recover(cluster: Cluster, slot: Slot, error: number): Promise<void> {
    if (!slot.rest()) {
      slot.fail(this.unavailable(refusalOf(error, `to give records of ${this.topic}`)));
      return;
    }
    if (error === OFFSET_OUT_OF_RANGE) {
      await this.failTruncated(cluster, slot).catch(() => undefined);
    }
    await this.refresh(cluster);
    slot.goOn();
  }

  /** Leaders move and brokers restart. */
  private async refresh(cluster: Cluster): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await cluster.refreshMetadata().catch(() => undefined);
    this.serve(cluster);
    this.tell();
  }

  /** What is gone from the log is gone (rule R11). */
  private async failTruncated(cluster: Cluster, slot: Slot): Promise<void> {
    const { first, end } = await rangeOf(cluster, this.topic, slot.partition);
    if (slot.fetched >= first && slot.fetched <= end) return;
    slot.fail(truncated(this.topic, slot.partition, slot.fetched, first, end));
  }
}

/** The first offset that a partition holds, and the one after its last. */
export async function rangeOf(
  cluster: Cluster,
  topic: string,
  partition: number,
): Promise<{ readonly first: number; readonly end: number }> {
  const at = async (fromBeginning: boolean): Promise<number> => {
    const asked = [{ topic, partitions: [{ partition }], fromBeginning }];
    const [answer] = await ofLeader(cluster, () => cluster.fetchTopicsOffset(asked));
    return Number(answer?.partitions[0]?.offset ?? 0);
  };
  const [first, end] = await Promise.all([at(true), at(false)]);
  return { first, end };
}

const MOVES_MAX = 50;

/** Asks again while the leader of a partition moves. */
async function ofLeader<T>(cluster: Cluster, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const type = error instanceof Error && 'type' in error ? String(error.type) : '';
      if (!/LEADER|UNKNOWN_TOPIC/.test(type) || tries === MOVES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await cluster.refreshMetadata().catch(() => undefined);
    }
  }
}

/** Says that a reader's offset is not there any more. */
export function truncated(
  topic: string,
  partition: number,
  from: number,
  first: number,
  end: number,
): Fault {
  const found = `expected ${topic} of partition ${partition} to hold offset ${from}`;
  return new Fault('LOG_TRUNCATED', `${found}, found ${first} to ${end}; restore the topic`);
}
