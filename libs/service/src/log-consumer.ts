import { dataText, decodeEvent, Fault, type Event } from '@fermata/contracts';
import { AcceptedReader, type LogPort, type Membership, type Place } from '@fermata/log';
import { Logger } from '@nestjs/common';

/** One accepted event, where it stands, and its data as the log has it. */
export interface EventEntry {
  readonly event: Event;
  readonly place: Place;
  readonly text: string;
}

/** Accepted events of one partition, in order. */
export interface EventBatch {
  readonly partition: number;
  readonly entries: readonly EventEntry[];
  /** Where a reader is once it has dealt with this batch. */
  readonly place: Place;
}

/** What a consumer needs to know of its reader. */
export interface ConsumerOptions {
  readonly log: LogPort;
  /** Name of the reader, for messages. */
  readonly group: string;
  startPlace(partition: number): Promise<Place>;
  consume(batch: EventBatch): Promise<void>;
  readonly batchMax?: number;
  /**
   * How long a reader that nobody waits for lets more come after a batch, in milliseconds: each
   * batch has a cost of its own, such as a transaction. After a large batch it waits longer.
   */
  readonly gatherMs?: number;
  /** Whether the processes of the group share the partitions; otherwise each reads all. */
  readonly isShared?: boolean;
  /** Hears that a partition is another process's from now on. */
  released?(partition: number): void | Promise<void>;
}

const BATCH_MAX = 2_000;
const PAUSE_MAX_MS = 5_000;
/** A batch is large from this many events on, and what is gathered after it this much larger. */
const LARGE = 100;
const GATHER_TIMES = 10;

/**
 * Hands a reader whole batches of accepted events, one at a time per partition. A batch that
 * fails is handed over again after a pause, from the reader's own place: nothing is passed over.
 */
export class LogConsumer {
  private readonly reading = new Map<number, PartitionReading>();
  /** Partitions that were taken from us, until the batch under way is dealt with. */
  private readonly ending = new Map<number, Promise<void>>();
  private membership: Promise<Membership> | undefined;
  private stopping = false;

  constructor(private readonly options: ConsumerOptions) {}

  /** Partitions whose last batch failed; a service with one is not ready. */
  get failingPartitions(): readonly number[] {
    return [...this.reading].filter(([, { isFailing }]) => isFailing).map(([number]) => number);
  }

  /** Begins to read: every partition, or those that the group gives to this process. */
  start(): void {
    const { log, group, isShared } = this.options;
    if (isShared) this.membership = log.join(group, (partitions) => this.assign(partitions));
    else this.assign(Array.from({ length: log.partitions }, (_, partition) => partition));
  }

  /** Ends after the batches under way. */
  async stop(): Promise<void> {
    this.assign([]);
    // A group that is just shared anew must not give us what nobody would stop.
    this.stopping = true;
    await Promise.all(this.ending.values());
    await (await this.membership)?.leave();
  }

  private assign(partitions: readonly number[]): void {
    if (this.stopping) return;
    for (const [partition, reading] of this.reading) {
      if (partitions.includes(partition)) continue;
      this.reading.delete(partition);
      const ended = reading.stop().then(() => this.options.released?.(partition));
      this.ending.set(partition, ended);
      void ended.finally(() => {
        if (this.ending.get(partition) === ended) this.ending.delete(partition);
      });
    }
    for (const partition of partitions) {
      if (this.reading.has(partition)) continue;
      // One that comes back is read when it was let go: its reader must hear of that first.
      const before = this.ending.get(partition) ?? Promise.resolve();
      this.reading.set(partition, new PartitionReading(this.options, partition, before));
    }
  }
}

/** Reads one partition until it is stopped. */
class PartitionReading {
  private readonly logger = new Logger('LogConsumer');
  private readonly ended: Promise<void>;
  private reader: AcceptedReader | undefined;
  private stopped = false;
  private stopPause: () => void = () => undefined;
  private readonly stopping = new Promise<void>((resolve) => (this.stopPause = resolve));
  isFailing = false;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly partition: number,
    before: Promise<void>,
  ) {
    this.ended = before.then(() => this.keepReading());
  }

  /** Ends after the batch under way. */
  stop(): Promise<void> {
    this.stopped = true;
    this.stopPause();
    this.reader?.close();
    return this.ended;
  }

  private async keepReading(): Promise<void> {
    const { partition } = this;
    const { group } = this.options;
    for (let failures = 0; !this.stopped; failures++) {
      try {
        await this.read(() => (failures = 0));
      } catch (error) {
        this.isFailing = true;
        if (error instanceof Fault && error.code === 'LOG_TRUNCATED') {
          this.logger.fatal(`${group}: partition ${partition} is halted: ${error.message}`);
          return;
        }
        this.logger.error(
          `${group}: partition ${partition} failed and is read again: ${textOf(error)}`,
        );
        await this.pause(Math.min(PAUSE_MAX_MS, 50 * 2 ** Math.min(failures, 10)));
      }
    }
  }

  private async read(succeeded: () => void): Promise<void> {
    const { partition } = this;
    const { log, startPlace, consume, batchMax = BATCH_MAX, gatherMs = 0 } = this.options;
    const reader = await AcceptedReader.open(log, partition, await startPlace(partition));
    this.reader = reader;
    try {
      for (let next = reader.next(batchMax); !this.stopped; next = reader.next(batchMax)) {
        const batch = await next;
        if (batch === null) return;
        const entries = batch.records.map(({ record, place }) => ({
          event: decodeEvent(record),
          place,
          text: dataText(record),
        }));
        await consume({ partition, entries, place: batch.place });
        this.isFailing = false;
        succeeded();
        const times = entries.length < LARGE ? 1 : GATHER_TIMES;
        if (gatherMs > 0 && entries.length < batchMax) await this.pause(times * gatherMs);
      }
    } finally {
      reader.close();
    }
  }

  private async pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([waited, this.stopping]);
    clearTimeout(timer);
  }
}

/** What is thrown by a handler arrives through Nest as a plain object. */
function textOf(error: unknown): string {
  return error instanceof Error ? String(error) : JSON.stringify(error);
}
