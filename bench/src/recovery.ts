import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deploy } from '@fermata/gateway';
import { kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { CommandLoop, DefinitionStore, schedulerConfig } from '@fermata/scheduler';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { kafkaTools } from '@fermata/testing';
import { drive } from './drive';
import { FermataCaller, PROJECT } from './fermata-caller';
import type { Plan, Row } from './row';
import { percentile, rounded } from './statistics';
import type { Stops } from './stops';

const SYSTEM = 'fermata on kafka, one partition';
const CALLERS = 2_000;
const TAKEOVERS = 7;
const FOLDS = 3;
const MIB = 1_048_576;

/**
 * Measures how soon a partition with many open runs is ready under a new owner: from its restore
 * point, and folded from the beginning of its log. Owners and load share this process.
 */
export async function measureRecovery({ holdMax }: Plan, stops: Stops): Promise<Row[]> {
  const kafka = await kafkaTools().startKafka();
  stops.add(() => kafka.stop());
  const open = async (clientId: string): Promise<LogPort> => {
    const client = { brokers: kafka.brokers.split(','), clientId };
    const log = await kafkaLog({ client, partitions: 1 });
    stops.add(() => log.close());
    return log;
  };
  const log = await open('load');
  for (const { definition } of loadProject(PROJECT, {}).workflows) {
    await deploy(log, 'local', definition, true);
  }
  const desk = new CommandDesk(log, async () => ORIGIN);
  const owners = new Owners(desk, stops);
  const caller = new FermataCaller(log, desk);
  desk.start();
  stops.add(() => desk.stop());
  await owners.takeOver(await open('owner-0'));
  await drive(() => caller.hold(), { width: CALLERS, forMs: Infinity, countMax: holdMax });
  const taken: Takeover[] = [];
  const heapMiB: number[] = [];
  for (let count = 1; count <= TAKEOVERS; count++) {
    const port = await open(`owner-${count}`);
    const before = heapUsedMiB();
    taken.push(await owners.takeOver(port));
    heapMiB.push(heapUsedMiB() - before);
  }
  const perRun = Math.round(((percentile(heapMiB, 0.5) ?? 0) * MIB) / holdMax);
  const events = await log.end('log', 0);
  const note = `${rounded(percentile(heapMiB, 0.5))} MiB of heap, ${perRun} B each run`;
  const rows = [rowOf(`takeover with ${holdMax} open runs`, taken, note)];
  const folded: Takeover[] = [];
  for (let count = 0; count < FOLDS; count++) {
    const port = await open(`fold-${count}`);
    const withoutPoints = { ...port, listLatest: async () => new Map<string, string>() };
    folded.push(await owners.takeOver(withoutPoints));
  }
  const foldedMs = percentile(timesOf(folded), 0.5) ?? 1;
  const said = `${events} events, ${Math.round(events / (foldedMs / 1_000))} events/s`;
  return [...rows, rowOf('the same, folded from the beginning', folded, said)];
}

/** How long a takeover took, and what this process worked meanwhile. */
interface Takeover {
  readonly ms: number;
  readonly cpuMs: number;
}

const timesOf = (all: readonly Takeover[]): number[] => all.map(({ ms }) => ms);

/** Owners of the one partition, each of which takes it over from the one before. */
class Owners {
  private last: CommandLoop | undefined;
  private claimed: () => void = () => undefined;
  private nonce = '';

  constructor(
    desk: CommandDesk,
    private readonly stops: Stops,
  ) {
    desk.listen(({ entries }) => {
      for (const { event } of entries) if (event.causationId === this.nonce) this.claimed();
    });
  }

  /** A new owner takes over; measured until its claim was heard. */
  async takeOver(log: LogPort): Promise<Takeover> {
    this.nonce = `bench-${Math.random()}`;
    const { nonce } = this;
    const claimed = new Promise<void>((resolve) => (this.claimed = resolve));
    const config = schedulerConfig({ nonce: () => nonce, restoreEveryMs: 1_000 });
    const loop = new CommandLoop(log, 0, new DefinitionStore(log), config);
    this.last?.stop();
    this.last = loop;
    const began = performance.now();
    const worked = process.cpuUsage();
    const running = loop.run();
    this.stops.add(async () => {
      loop.stop();
      await running;
    });
    await claimed;
    const { user, system } = process.cpuUsage(worked);
    return { ms: performance.now() - began, cpuMs: (user + system) / 1_000 };
  }
}

function rowOf(work: string, taken: readonly Takeover[], said: string): Row {
  const tookMs = timesOf(taken);
  const cpuMs = rounded(
    percentile(
      taken.map((one) => one.cpuMs),
      0.5,
    ),
  );
  const note = `${said}; ${cpuMs} ms of CPU in this process`;
  return {
    system: SYSTEM,
    work,
    stepsPerSecond: null,
    p50Ms: rounded(percentile(tookMs, 0.5)),
    p99Ms: rounded(percentile(tookMs, 0.99)),
    cpuSecondsPer1000Steps: null,
    rssMiB: null,
    note,
  };
}

/** Heap in use once the garbage is gone. */
function heapUsedMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / MIB;
}
