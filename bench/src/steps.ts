import 'reflect-metadata';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCommand, type Command } from '@fermata/contracts';
import { startStandalone, type Standalone } from '@fermata/standalone';

/** What one measurement says. */
export interface Measured {
  readonly system: string;
  readonly work: string;
  readonly stepsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuSecondsPer1000Steps: number;
  readonly rssMiB: number;
}

const STEPS = 5;
const PROJECT = join(__dirname, '../project');

/** Starts runs and learns when each is over, in the same process as the services. */
class Load {
  private readonly waiting = new Map<string, () => void>();
  private hash = '';
  private started = 0;

  constructor(private readonly fermata: Standalone) {
    fermata.desk.listen(({ entries }) => {
      for (const { event } of entries) {
        if (event.type !== 'RunCompleted') continue;
        this.waiting.get(event.run)?.();
        this.waiting.delete(event.run);
      }
    });
  }

  async prepare(): Promise<void> {
    const latest = await this.fermata.log.getLatest('definition/local/five@1.0.0');
    this.hash = latest ?? '';
  }

  /** One run from its command to the end that its caller hears, in milliseconds. */
  async run(): Promise<number> {
    const run = `bench-${process.pid}-${(this.started += 1)}`;
    const began = performance.now();
    const over = new Promise<void>((resolve) => this.waiting.set(run, resolve));
    const command: Command = {
      id: `start-${run}`,
      source: 'bench',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'user:bench',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: 'five', version: '1.0.0', hash: this.hash }, input: {} },
    };
    await this.fermata.log.send([encodeCommand(command)]);
    await over;
    return performance.now() - began;
  }

  /** Runs `total` runs, `width` at a time, and gives how long each took. */
  async many(total: number, width: number): Promise<number[]> {
    const took: number[] = [];
    let left = total;
    const lane = async (): Promise<void> => {
      while (left-- > 0) took.push(await this.run());
    };
    await Promise.all(Array.from({ length: width }, lane));
    return took;
  }
}

async function measure(load: Load, work: string, total: number, width: number): Promise<Measured> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const took = (await load.many(total, width)).sort((a, b) => a - b);
  const seconds = (performance.now() - began) / 1_000;
  const used = process.cpuUsage(cpu);
  const steps = total * STEPS;
  return {
    system: 'fermata standalone',
    work,
    stepsPerSecond: Math.round(steps / seconds),
    p50Ms: round(took[Math.floor(took.length * 0.5)] ?? 0),
    p99Ms: round(took[Math.floor(took.length * 0.99)] ?? 0),
    cpuSecondsPer1000Steps: round((used.user + used.system) / 1_000 / steps),
    rssMiB: Math.round(process.memoryUsage.rss() / 1_048_576),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Measures five-step runs of no-op agents: alone, and 200 at a time. */
export async function measureSteps(runs: number): Promise<Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fermata-bench-'));
  // As root the database runs as another user, who must be able to reach its data.
  chmodSync(dataDir, 0o755);
  const options = { projectDir: PROJECT, dataDir, port: 0, env: process.env, allowedHosts: [] };
  const fermata = await startStandalone(options);
  try {
    const load = new Load(fermata);
    await load.prepare();
    await load.many(500, 50);
    return [
      await measure(load, 'a run of 5 steps alone', 200, 1),
      await measure(load, 'runs of 5 steps, 200 at a time', runs, 200),
    ];
  } finally {
    await fermata.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
