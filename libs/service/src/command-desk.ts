import { encodeCommand, Fault, type Command, type Event } from '@fermata/contracts';
import type { LogPort, Place } from '@fermata/log';
import { LogConsumer, type EventBatch } from './log-consumer';

/** What came of a command: the first event that it caused, or the answer that refused it. */
export interface Outcome {
  readonly event: Event;
  readonly partition: number;
  readonly place: Place;
}

/** Hears every batch that the desk reads; used by live updates. */
export type BatchListener = (batch: EventBatch) => void;

/** Who waits for what comes of a command. */
interface Asker {
  readonly tenant: string;
  readonly resolve: (outcome: Outcome) => void;
}

const WAIT_MS = 2_000;
/** Askers of one tenant that may wait at a time: one tenant's rush leaves the others their turn. */
const ASKERS_MAX = 400;

/** Sends commands and, since answers are events, reads the log to hear what came of them. */
export class CommandDesk {
  /** Askers by command id: several may ask the same, and ids of two tenants may be alike. */
  private readonly waiting = new Map<string, Set<Asker>>();
  private readonly askersOf = new Map<string, number>();
  private readonly listeners = new Set<BatchListener>();
  private readonly consumer: LogConsumer;

  constructor(
    private readonly log: LogPort,
    startPlace: (partition: number) => Promise<Place>,
  ) {
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
   * nothing sent, when too many of the tenant wait already.
   */
  async ask(command: Command, waitMs: number = WAIT_MS): Promise<Outcome | null> {
    this.checkRoom(command.tenant);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let forget: () => void = () => undefined;
    const heard = new Promise<Outcome>((resolve) => (forget = this.expect(command, resolve)));
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), waitMs)));
    try {
      await this.send(command);
      return await Promise.race([heard, late]);
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  private expect({ tenant, id }: Command, resolve: Asker['resolve']): () => void {
    const asker = { tenant, resolve };
    const askers = this.waiting.get(id) ?? new Set<Asker>();
    this.waiting.set(id, askers.add(asker));
    this.count(tenant, 1);
    return () => {
      this.count(tenant, -1);
      askers.delete(asker);
      if (askers.size === 0 && this.waiting.get(id) === askers) this.waiting.delete(id);
    };
  }

  private checkRoom(tenant: string): void {
    if ((this.askersOf.get(tenant) ?? 0) < ASKERS_MAX) return;
    const found = `expected at most ${ASKERS_MAX} wishes of tenant ${tenant} at a time, found more`;
    throw new Fault('OVERLOADED', `${found}; send it again in a moment, nothing was stored`, true);
  }

  private count(tenant: string, change: 1 | -1): void {
    const askers = (this.askersOf.get(tenant) ?? 0) + change;
    if (askers > 0) this.askersOf.set(tenant, askers);
    else this.askersOf.delete(tenant);
  }

  /** Hears all batches from now on, until the function it gives is called. */
  listen(listener: BatchListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private hear(batch: EventBatch): void {
    const { partition } = batch;
    if (this.waiting.size > 0) {
      for (const { event, place } of batch.entries) {
        if (event.type === 'DefinitionRecorded') continue;
        for (const { tenant, resolve } of this.waiting.get(event.causationId) ?? []) {
          if (tenant === event.tenant) resolve({ event, partition, place });
        }
      }
    }
    for (const listener of this.listeners) listener(batch);
  }
}
