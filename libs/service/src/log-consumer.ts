import { decodeEvent, Fault, type Event } from '@fermata/contracts';
import { AcceptedReader, type LogPort, type Place } from '@fermata/log';
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
}

const BATCH_MAX = 2_000;
const PAUSE_MAX_MS = 5_000;

/**
 * Hands a reader whole batches of accepted events, one at a time per partition. A batch that
 * fails is handed over again after a pause, from the reader's own place: nothing is passed over.
 */
export class LogConsumer {
  private readonly readers = new Map<number, AcceptedReader>();
  private readonly loops: Promise<void>[] = [];
  private readonly failing = new Set<number>();
  private readonly logger = new Logger('LogConsumer');
  private stopped = false;
  private stopPause: () => void = () => undefined;
  private readonly stopping = new Promise<void>((resolve) => (this.stopPause = resolve));

  constructor(private readonly options: ConsumerOptions) {}

  /** Partitions whose last batch failed; a service with one is not ready. */
  get failingPartitions(): readonly number[] {
    return [...this.failing];
  }

  /** Begins to read every partition. */
  start(): void {
    for (let partition = 0; partition < this.options.log.partitions; partition++) {
      this.loops.push(this.keepReading(partition));
    }
  }

  /** Ends after the batches under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.stopPause();
    for (const reader of this.readers.values()) reader.close();
    await Promise.all(this.loops);
  }

  private async keepReading(partition: number): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        await this.read(partition, () => (failures = 0));
      } catch (error) {
        this.failing.add(partition);
        const { group } = this.options;
        if (error instanceof Fault && error.code === 'LOG_TRUNCATED') {
          this.logger.fatal(`${group}: partition ${partition} is halted: ${error.message}`);
          return;
        }
        this.logger.error(`${group}: partition ${partition} failed and is read again: ${error}`);
        await this.pause(Math.min(PAUSE_MAX_MS, 50 * 2 ** Math.min(failures, 10)));
      }
    }
  }

  private async read(partition: number, succeeded: () => void): Promise<void> {
    const { log, startPlace, consume, batchMax = BATCH_MAX } = this.options;
    const reader = await AcceptedReader.open(log, partition, await startPlace(partition));
    this.readers.set(partition, reader);
    try {
      for (let next = reader.next(batchMax); !this.stopped; next = reader.next(batchMax)) {
        const batch = await next;
        if (batch === null) return;
        const entries = batch.records.map(({ record, place }) => ({
          event: decodeEvent(record),
          place,
          text: record.value,
        }));
        await consume({ partition, entries, place: batch.place });
        this.failing.delete(partition);
        succeeded();
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
