import { randomUUID } from 'node:crypto';
import { decodeEvent, encodeCommand, type Event } from '@fermata/contracts';
import { AcceptedReader, ORIGIN, postgresLog, type LogPort, type NewRecord } from '@fermata/log';
import { Client } from 'pg';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { HASH, startOf } from './flow.fixture';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

/** The start of a run as another process sends it: bytes that nobody here has read. */
export function start(run: string, hash = HASH): NewRecord {
  const data = { workflow: { name: 'flow', version: '1.0.0', hash }, input: {} };
  const { decoded: _, ...bytes } = encodeCommand(startOf(run, { data }));
  return bytes;
}

/** A log of one partition in a database of its own; every port on it is as another process. */
export class Partition {
  private readonly ports: LogPort[] = [];
  private readonly loops: { readonly loop: CommandLoop; readonly running: Promise<void> }[] = [];

  private constructor(private readonly url: string) {}

  static async open(): Promise<Partition> {
    const server = process.env['FERMATA_TEST_POSTGRES_URL'] ?? '';
    const name = `scheduler_${randomUUID().replaceAll('-', '')}`;
    const client = new Client({ connectionString: server });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return new Partition(server.replace(/\/postgres$/, `/${name}`));
  }

  /** Opens the log once more, as another process would. */
  async port(): Promise<LogPort> {
    const log = await postgresLog({ url: this.url, partitions: 1, connectionsMax: 4 });
    this.ports.push(log);
    return log;
  }

  /** Starts a scheduler's loop, and gives what stops it. */
  schedule(log: LogPort, said: Partial<SchedulerConfig> = {}): () => Promise<void> {
    const config = schedulerConfig({ advanceEveryMs: 0, ...said });
    const loop = new CommandLoop(log, 0, new DefinitionStore(log), config);
    const running = loop.run();
    this.loops.push({ loop, running });
    return async () => {
      loop.stop();
      await running;
    };
  }

  /** Stops all loops and closes all ports. */
  async close(): Promise<void> {
    for (const { loop } of this.loops) loop.stop();
    await Promise.allSettled(this.loops.map(({ running }) => running));
    await Promise.all(this.ports.map((log) => log.close()));
  }
}

/** Accepted events from the beginning, until they are enough. */
export async function eventsUntil(
  log: LogPort,
  enough: (events: readonly Event[]) => boolean,
): Promise<Event[]> {
  const reader = await AcceptedReader.open(log, 0, ORIGIN);
  const events: Event[] = [];
  try {
    while (!enough(events)) {
      const batch = await reader.next(1_000);
      for (const { record } of batch?.records ?? []) events.push(decodeEvent(record));
    }
    return events;
  } finally {
    reader.close();
  }
}

/** Whether the events tell that this run has started. */
export const hasStarted = (run: string) => (events: readonly Event[]) =>
  events.some((event) => event.type === 'RunStarted' && event.run === run);
