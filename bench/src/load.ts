import { encodeCommand, type Command } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import type { CommandDesk } from '@fermata/service';

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

/** What the measured processes have used up by now: CPU seconds, and memory held. */
export type Usage = () => { readonly cpuSeconds: number; readonly rssMiB: number };

const STEPS = 5;

/** Starts runs and hears when each is over. */
export class Load {
  private readonly waiting = new Map<string, () => void>();
  private hash = '';
  private started = 0;

  constructor(
    private readonly log: LogPort,
    desk: CommandDesk,
  ) {
    desk.listen(({ entries }) => {
      for (const { event } of entries) {
        if (event.type !== 'RunCompleted') continue;
        this.waiting.get(event.run)?.();
        this.waiting.delete(event.run);
      }
    });
  }

  async prepare(): Promise<void> {
    this.hash = (await this.log.getLatest('definition/local/five@1.0.0')) ?? '';
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
    await this.log.send([encodeCommand(command)]);
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

/** Measures one piece of work. */
export async function measure(
  load: Load,
  [system, work]: readonly [string, string],
  [total, width]: readonly [number, number],
  usage: Usage,
): Promise<Measured> {
  const before = usage().cpuSeconds;
  const began = performance.now();
  const took = (await load.many(total, width)).sort((a, b) => a - b);
  const seconds = (performance.now() - began) / 1_000;
  const { cpuSeconds, rssMiB } = usage();
  const steps = total * STEPS;
  return {
    system,
    work,
    stepsPerSecond: Math.round(steps / seconds),
    p50Ms: round(took[Math.floor(took.length * 0.5)] ?? 0),
    p99Ms: round(took[Math.floor(took.length * 0.99)] ?? 0),
    cpuSecondsPer1000Steps: round(((cpuSeconds - before) * 1_000) / steps),
    rssMiB,
  };
}

/** Both pieces of work: runs one after the other, and 200 at a time. */
export async function measureBoth(
  load: Load,
  system: string,
  runs: number,
  usage: Usage,
): Promise<Measured[]> {
  await load.prepare();
  await load.many(500, 50);
  return [
    await measure(load, [system, 'a run of 5 steps alone'], [200, 1], usage),
    await measure(load, [system, 'runs of 5 steps, 200 at a time'], [runs, 200], usage),
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
