import {
  encodeCommand,
  partitionOf,
  recordKey,
  type Command,
  type Event,
} from '@fermata/contracts';
import type { LogPort, Place } from '@fermata/log';
import { DeskRoom, type Progress, type Sent } from './desk-room';
import { LogConsumer, type EventBatch } from './log-consumer';

/** What came of a command: the first event that it caused, or the answer that refused it. */
export interface Outcome {
  readonly event: Event;
  readonly partition: number;
  readonly place: Place;
}

/** Hears every batch that the desk reads; used by live updates. */
export type BatchListener = (batch: EventBatch) => void;

/** A command that was sent, and who waits for what comes of it. */
interface Asker {
  readonly sent: Sent;
  readonly resolve: (outcome: Outcome) => void;
}

const WAIT_MS = 2_000;

/** Sends commands and, since answers are events, reads the log to hear what came of them. */
export class CommandDesk {
  /**
   * Askers by tenant, command id and correlation id. Several may ask under one id, and not all the
   * same: the answer to each has the correlation id that it sent, whatever process sent it.
   */
  private readonly waiting = new Map<string, Set<Asker>>();
  private readonly room: DeskRoom;
  private readonly listeners = new Set<BatchListener>();
  private readonly consumer: LogConsumer;

  constructor(
    private readonly log: LogPort,
    startPlace: (partition: number) => Promise<Place>,
    /** How far the read model has come: a caller who writes reads next. */
    projection?: Progress,
  ) {
    this.room = new DeskRoom(projection);
    const consume = async (batch: EventBatch) => this.hear(batch);
    this.consumer = new LogConsumer({ log, group: 'desk', startPlace, consume });
  }

  start(): void {
    this.consumer.start();
  }

  async stop(): Promise<void> {
    await this.consumer.stop();
  }

  /** Stores a command; what comes of it is heard on the log. */
  async send(command: Command): Promise<void> {
    await this.log.send([encodeCommand(command)]);
  }

  /**
   * Sends a command and waits for its outcome; null when none was heard in time. OVERLOADED, with
   * nothing sent, when there is no room for it.
   */
  async ask(command: Command, waitMs: number = WAIT_MS): Promise<Outcome | null> {
    const { tenant, run } = command;
    const partition = partitionOf(recordKey(tenant, run), this.log.partitions);
    this.room.check(command, partition);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let resolve: (outcome: Outcome) => void = () => undefined;
    const heard = new Promise<Outcome>((hear) => (resolve = hear));
    const late = new Promise<null>((give) => (timer = setTimeout(() => give(null), waitMs)));
    const sent = this.expect(command, partition, resolve);
    try {
      await this.send(command);
      return await Promise.race([heard, late]);
    } catch (error) {
      this.room.over(sent);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for what comes of a command, also when its sender no longer does. */
  private expect(command: Command, partition: number, resolve: Asker['resolve']): Sent {
    const { tenant, id, correlationId } = command;
    const key = nameOf(tenant, id, correlationId);
    const askers = this.waiting.get(key) ?? new Set<Asker>();
    this.waiting.set(key, askers);
    const sent = this.room.sent(tenant, partition, () => {
      askers.delete(asker);
      if (askers.size === 0 && this.waiting.get(key) === askers) this.waiting.delete(key);
    });
    const asker = { sent, resolve };
    askers.add(asker);
    return sent;
  }

  /** Hears all batches from now on, until the function it gives is called. */
  listen(listener: BatchListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private hear(batch: EventBatch): void {
    const { partition } = batch;
    this.room.read(partition, batch.place.offset);
    if (this.waiting.size > 0) {
      for (const { event, place } of batch.entries) {
        if (event.type === 'DefinitionRecorded') continue;
        const { tenant, causationId, correlationId } = event;
        if (tenant === null) continue;
        const key = nameOf(tenant, causationId, correlationId);
        for (const { sent, resolve } of this.waiting.get(key) ?? []) {
          resolve({ event, partition, place });
          this.room.decided(sent);
        }
      }
    }
    for (const listener of this.listeners) listener(batch);
  }
}

function nameOf(...parts: readonly [tenant: string, id: string, correlationId: string]): string {
  return parts.join('\n');
}
