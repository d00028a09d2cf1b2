import type { LogPort, Place } from '@fermata/log';
import { EventPattern, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { LogConsumer, type EventBatch } from './log-consumer';

/** Which reader a transport serves, and where it begins. */
export interface LogTransportOptions {
  readonly log: LogPort;
  readonly group: string;
  /** Name under which its loop is registered, unless it is the group's. */
  readonly loop?: string;
  startPlace(partition: number): Promise<Place>;
  /** Hears that a partition is another process's from now on. */
  released?(partition: number): void | Promise<void>;
  /** How long the reader lets more come after a batch, in milliseconds. */
  readonly gatherMs?: number;
}

/** Pattern under which a loop registers itself as the one handler of its group. */
export function patternOf(group: string): string {
  return `log/${group}`;
}

/**
 * The log as a Nest transport: hands a group's loop, its only handler, whole accepted batches.
 * (Nest's own Kafka server runs each message alone and acknowledges what it does not know.)
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  private readonly consumer: LogConsumer;

  constructor(private readonly options: LogTransportOptions) {
    super();
    const consume = (batch: EventBatch): Promise<void> => this.hand(batch);
    this.consumer = new LogConsumer({ ...options, isShared: true, consume });
  }

  /** Whether every partition's last batch was dealt with. */
  get isHealthy(): boolean {
    return this.consumer.failingPartitions.length === 0;
  }

  listen(callback: () => void): void {
    this.consumer.start();
    callback();
  }

  async close(): Promise<void> {
    await this.consumer.stop();
  }

  on(): void {
    // A log has no connection of its own to tell of.
  }

  unwrap<T>(): T {
    return this.options.log as T;
  }

  private async hand(batch: EventBatch): Promise<void> {
    const { group, loop = group } = this.options;
    const handler = this.messageHandlers.get(patternOf(loop));
    if (handler === undefined) {
      throw new Error(`expected a loop for ${patternOf(loop)}, found none`);
    }
    const handled: unknown = await handler(batch);
    if (isObservable(handled)) await lastValueFrom(handled, { defaultValue: undefined });
  }
}

/** Marks the loop of a group: the method that is handed its batches. */
export function ConsumesLog(group: string): MethodDecorator {
  return EventPattern(patternOf(group)) as MethodDecorator;
}
