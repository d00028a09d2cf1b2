import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeEvent, endsRun, type Event } from '@fermata/contracts';
import { deploy } from '@fermata/gateway';
import { AcceptedReader, kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { CommandDesk, type BatchListener } from '@fermata/service';
import {
  localKeys,
  startPostgres,
  type LocalKeys,
  type RunningPostgres,
} from '@fermata/standalone';
import { startService, type ServiceName, type ServiceProcess } from '@fermata/testing';
import { until } from './until';

/** What a house stands on. */
export interface HouseOptions {
  readonly brokers: string;
  readonly project: string;
  readonly tenants?: readonly string[];
  readonly replicationFactor?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const PARTITIONS = 4;

/** Services as processes on a Kafka that they share with nobody, and a client that watches. */
export class House {
  private readonly started: ServiceProcess[] = [];
  /** The newest event of each run, by `tenant/run`. */
  readonly newest = new Map<string, Event>();
  readonly ended = new Set<string>();
  readonly hashes = new Map<string, string>();

  private constructor(
    readonly dataDir: string,
    readonly postgres: RunningPostgres,
    readonly log: LogPort,
    readonly prefix: string,
    readonly keys: LocalKeys,
    private readonly env: Readonly<Record<string, string>>,
    private readonly desk: CommandDesk,
  ) {}

  /** Builds a house: a database, topics of its own, and the project's workflows; no service yet. */
  static async open(options: HouseOptions): Promise<House> {
    const { brokers, project, tenants = ['local'], replicationFactor = 1 } = options;
    const dataDir = mkdtempSync(join(tmpdir(), 'fermata-house-'));
    // As root the database runs as another user, who must be able to reach its data.
    chmodSync(dataDir, 0o755);
    const postgres = await startPostgres(join(dataDir, 'postgres'));
    const { keys, file } = localKeys(dataDir);
    const prefix = `house-${randomUUID().slice(0, 8)}`;
    const env = {
      KAFKA_BROKERS: brokers,
      FERMATA_TOPIC_PREFIX: prefix,
      FERMATA_PARTITIONS: String(PARTITIONS),
      FERMATA_REPLICATION_FACTOR: String(replicationFactor),
      FERMATA_DATABASE_URL: postgres.url,
      FERMATA_KEYS_FILE: file,
      FERMATA_PROJECT: `${tenants.join('+')}=${project}`,
      ...options.env,
    };
    const client = { brokers: brokers.split(','), clientId: 'house' };
    const log = await kafkaLog({ client, prefix, partitions: PARTITIONS, replicationFactor });
    const desk = new CommandDesk(log, async () => ORIGIN);
    const house = new House(dataDir, postgres, log, prefix, keys, env, desk);
    for (const { definition } of loadProject(project, {}).workflows) {
      for (const tenant of tenants) {
        const { name, hash } = await deploy(log, tenant, definition, true);
        house.hashes.set(name, hash);
      }
    }
    house.listen(({ entries }) => entries.forEach(({ event }) => house.hear(event)));
    desk.start();
    return house;
  }

  /** Hears every accepted event from now on. */
  listen(listener: BatchListener): () => void {
    return this.desk.listen(listener);
  }

  async start(name: ServiceName): Promise<ServiceProcess> {
    const service = await startService(name, this.env);
    this.started.push(service);
    return service;
  }

  /** The services of a name that are alive, oldest first. */
  running(name: ServiceName): readonly ServiceProcess[] {
    return this.started.filter(
      (one) => one.name === name && one.child.exitCode === null && one.child.signalCode === null,
    );
  }

  /** The oldest service of a name that is alive. */
  one(name: ServiceName): ServiceProcess {
    const [found] = this.running(name);
    if (found === undefined) throw new Error(`expected a running ${name}, found none`);
    return found;
  }

  /** Kills the oldest service of a name, as the kernel does, and starts another. */
  async replace(name: ServiceName): Promise<void> {
    await this.one(name).end('SIGKILL');
    await this.start(name);
  }

  /** Waits until these runs have ended, or tells which have not and what they did last. */
  async untilEnded(runs: Iterable<string>, withinMs = 60_000): Promise<void> {
    const wanted = [...runs];
    await until(() => {
      const missing = wanted.filter((run) => !this.ended.has(run));
      if (missing.length === 0) return null;
      const told = missing.slice(0, 5).map((run) => `${run} after ${this.tellOf(run)}`);
      return `${missing.length} of ${wanted.length} runs have not ended: ${told.join('; ')}`;
    }, withinMs);
  }

  /** All that every reader accepts of the log, by now; throws where it has a gap. */
  async accepted(): Promise<Event[]> {
    const events: Event[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const end = await this.log.end('log', partition);
      const reader = await AcceptedReader.open(this.log, partition, ORIGIN);
      for (let at = 0; at < end; ) {
        const batch = await reader.next(2_000);
        if (batch === null) break;
        events.push(...batch.records.map(({ record }) => decodeEvent(record)));
        at = batch.place.offset + 1;
      }
      reader.close();
    }
    return events;
  }

  async stop(): Promise<void> {
    const alive = this.started.filter(({ child }) => child.exitCode === null);
    // One that a test left paused can't hear that it should stop.
    for (const { child } of alive) child.kill('SIGCONT');
    await Promise.all(alive.map((service) => service.end('SIGTERM')));
    await this.desk.stop();
    await this.log.close();
    await this.postgres.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private hear(event: Event): void {
    if (event.tenant === null || event.sequence === 0) return;
    const run = `${event.tenant}/${event.run}`;
    this.newest.set(run, event);
    if (endsRun(event)) this.ended.add(run);
  }

  private tellOf(run: string): string {
    const event = this.newest.get(run);
    if (event === undefined) return 'nothing that was heard of it';
    return `${event.type} ${JSON.stringify(event.data).slice(0, 120)}`;
  }
}
