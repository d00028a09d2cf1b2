import { randomUUID } from 'node:crypto';
import { encodeCommand, partitionOf, recordKey, type Event } from '@fermata/contracts';
import { deploy } from '@fermata/gateway';
import { kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { kafkaTools, startService, type ServiceProcess } from '@fermata/testing';
import { PROJECT } from './fermata-caller';
import type { Plan, Row } from './row';
import { percentile, rounded } from './statistics';
import type { Stops } from './stops';

const PARTITIONS = 4;
const SYSTEM = 'fermata on kafka, two schedulers';
/** How often a run is started on every partition: the error of what is measured. */
const START_EVERY_MS = 25;
const LOOK_EVERY_MS = 5;

/**
 * Measures how long the partitions of a scheduler stand still after it is killed, and after it is
 * asked to stop: from the signal to the first run that the next owner started on each of them.
 */
export async function measureTakeover({ takeovers }: Plan, stops: Stops): Promise<Row[]> {
  const kafka = await kafkaTools().startKafka();
  stops.add(() => kafka.stop());
  const env = { KAFKA_BROKERS: kafka.brokers, FERMATA_PARTITIONS: String(PARTITIONS) };
  const client = { brokers: kafka.brokers.split(','), clientId: 'bench' };
  const log = await kafkaLog({ client, partitions: PARTITIONS });
  stops.add(() => log.close());
  const schedulers = new Schedulers(log, env, stops);
  const stopLoad = await startLoad(log);
  stops.add(stopLoad);
  await schedulers.start();
  await schedulers.start();
  const rows: Row[] = [];
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const tookMs: number[] = [];
    for (let round = 0; round < takeovers; round += 1) {
      tookMs.push(...(await schedulers.takeOver(signal)));
      await schedulers.start();
    }
    rows.push(rowOf(signal, tookMs));
  }
  return rows;
}

function rowOf(signal: string, tookMs: readonly number[]): Row {
  const max = rounded(Math.max(...tookMs));
  return {
    system: SYSTEM,
    work: `takeover after ${signal}`,
    stepsPerSecond: null,
    p50Ms: rounded(percentile(tookMs, 0.5)),
    p99Ms: rounded(percentile(tookMs, 0.99)),
    cpuSecondsPer1000Steps: null,
    rssMiB: null,
    note: `max ${max} ms over ${tookMs.length} partitions`,
  };
}

/** Starts runs that nobody performs, on keys that reach every partition. */
async function startLoad(log: LogPort): Promise<() => void> {
  const flow = loadProject(PROJECT, {}).workflows.find(
    ({ definition }) => definition.workflow.name === 'hold',
  );
  if (flow === undefined) throw new Error('expected the workflow hold, found none');
  const { name, version, hash } = await deploy(log, 'local', flow.definition, true);
  const start = (): void => {
    const records = Array.from({ length: PARTITIONS }, (_, partition) => {
      const run = runIn(partition);
      return encodeCommand({
        id: run,
        source: 'bench',
        tenant: 'local',
        run,
        time: Date.now(),
        actor: 'user:bench',
        correlationId: run,
        type: 'StartRun',
        data: { workflow: { name, version, hash }, input: {} },
      });
    });
    void log.send(records).catch(() => undefined);
  };
  const timer = setInterval(start, START_EVERY_MS);
  return () => clearInterval(timer);
}

/** A new run that lives in a partition. */
function runIn(partition: number): string {
  for (;;) {
    const run = `run-${randomUUID()}`;
    if (partitionOf(recordKey('local', run), PARTITIONS) === partition) return run;
  }
}

/** What was last heard of a partition. */
interface Heard {
  owner: string;
  /** Whether this owner has decided since it claimed, and when it did first. */
  servedAt: number | null;
}

/** Two schedulers, and who owns which partition as the log tells it. */
class Schedulers {
  private readonly running: ServiceProcess[] = [];
  private readonly heard = new Map<number, Heard>();

  constructor(
    log: LogPort,
    private readonly env: Readonly<Record<string, string>>,
    private readonly stops: Stops,
  ) {
    const desk = new CommandDesk(log, async () => ORIGIN);
    desk.listen(({ partition, entries }) => {
      for (const { event } of entries) this.hear(partition, event);
    });
    desk.start();
    stops.add(() => desk.stop());
  }

  /** Starts one more, and waits until each of those that run serves its share. */
  async start(): Promise<void> {
    const service = await startService('scheduler', this.env);
    this.running.push(service);
    this.stops.add(() => service.end('SIGKILL'));
    const share = PARTITIONS / this.running.length;
    await this.until(() => this.running.every((one) => this.servedBy(one).length === share));
  }

  /** Ends the oldest; gives the time that each of its partitions stood still. */
  async takeOver(signal: 'SIGTERM' | 'SIGKILL'): Promise<number[]> {
    const [victim] = this.running.splice(0, 1);
    if (victim === undefined) throw new Error('expected a running scheduler, found none');
    const partitions = this.servedBy(victim);
    const from = Date.now();
    const ended = victim.end(signal);
    const servedAt = (partition: number): number | null => {
      const heard = this.heard.get(partition);
      return heard === undefined || heard.owner === ownerOf(victim) ? null : heard.servedAt;
    };
    await this.until(() => partitions.every((partition) => servedAt(partition) !== null));
    await ended;
    return partitions.map((partition) => (servedAt(partition) ?? Infinity) - from);
  }

  private servedBy(service: ServiceProcess): number[] {
    return [...this.heard]
      .filter(([, { owner, servedAt }]) => owner === ownerOf(service) && servedAt !== null)
      .map(([partition]) => partition);
  }

  private hear(partition: number, event: Event): void {
    if (event.type === 'PartitionClaimed') {
      this.heard.set(partition, { owner: event.data.owner, servedAt: null });
    } else if (event.type === 'RunStarted') {
      const heard = this.heard.get(partition);
      if (heard !== undefined) heard.servedAt ??= Date.now();
    }
  }

  private async until(fine: () => boolean): Promise<void> {
    while (!fine()) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function ownerOf({ child }: ServiceProcess): string {
  return `service:scheduler/${child.pid}`;
}
