import { drive, type Bounds, type Driven } from './drive';
import type { Plan, Row } from './row';
import { percentile, rounded } from './statistics';
import type { Usage } from './usage';

/** The kinds of runs, with their number of steps. */
export const STEPS = { five: 5, fanOut: 21 } as const;

/** A system that can do the work, ready. */
export interface System {
  readonly name: string;
  readonly usage: () => Usage;
  /** Does one run; resolves when its caller has heard its end. */
  run(kind: keyof typeof STEPS): Promise<unknown>;
  /** Starts one run that waits for a person; resolves when it waits. */
  readonly hold?: () => Promise<unknown>;
}

const WIDTH = 200;
const WARM_UP_WIDTH = 50;
const SETTLE_MS = 2_000;

/** The same work for every system. */
export async function measureSystem(system: System, plan: Plan): Promise<Row[]> {
  const runFive = () => system.run('five');
  const runFanOut = () => system.run('fanOut');
  await drive(runFive, { width: WARM_UP_WIDTH, forMs: plan.warmUpMs });
  await drive(runFanOut, { width: WARM_UP_WIDTH, forMs: plan.warmUpMs / 2 });
  const one = (work: string, kind: keyof typeof STEPS, bounds: Bounds) =>
    measure(system, { work, steps: STEPS[kind] }, () => drive(() => system.run(kind), bounds));
  const rows = [
    await one('5 steps, alone', 'five', { width: 1, forMs: plan.aloneMs }),
    await one('5 steps, 200 at a time', 'five', { width: WIDTH, forMs: plan.wideMs }),
    await one('fan-out of 20, alone', 'fanOut', { width: 1, forMs: plan.fanOutAloneMs }),
    await one('fan-out of 20, 200 at a time', 'fanOut', { width: WIDTH, forMs: plan.wideMs }),
  ];
  if (system.hold === undefined) return rows;
  return [...rows, await measureWhileWaiting(system, system.hold, plan)];
}

/** Leaves runs waiting, then measures what they hold and how long one more run takes. */
async function measureWhileWaiting(
  system: System,
  hold: () => Promise<unknown>,
  plan: Plan,
): Promise<Row> {
  const before = system.usage().memoryMiB;
  const started = await drive(hold, { width: WIDTH, forMs: plan.holdMs, countMax: plan.holdMax });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const waiting = started.tookMs.length;
  const grownMiB = system.usage().memoryMiB - before;
  const work = '5 steps, alone, while runs wait';
  const alone = () => drive(() => system.run('five'), { width: 1, forMs: plan.aloneMs });
  const row = await measure(system, { work, steps: STEPS.five }, alone);
  const perSecond = Math.round(waiting / started.seconds);
  const bytesEach = Math.round((grownMiB * 1_048_576) / waiting);
  const note = `${waiting} wait, started at ${perSecond}/s; ${grownMiB} MiB more, ${bytesEach} B each`;
  return { ...row, note };
}

/** Measures a piece of work. */
export async function measure(
  { name, usage }: Pick<System, 'name' | 'usage'>,
  { work, steps }: { readonly work: string; readonly steps: number },
  drives: () => Promise<Driven>,
): Promise<Row> {
  const before = usage();
  const { tookMs, seconds } = await drives();
  const after = usage();
  const stepsDone = tookMs.length * steps;
  const per1000 = (used: number, usedBefore = 0) =>
    rounded(((used - usedBefore) * 1_000) / stepsDone);
  const cpuOf = Object.entries(after.cpuSecondsOf).map(
    ([program, used]) => [program, per1000(used, before.cpuSecondsOf[program])] as const,
  );
  return {
    system: name,
    work,
    stepsPerSecond: rounded(stepsDone / seconds),
    p50Ms: rounded(percentile(tookMs, 0.5)),
    p99Ms: rounded(percentile(tookMs, 0.99)),
    cpuSecondsPer1000Steps: per1000(after.cpuSeconds, before.cpuSeconds),
    rssMiB: after.memoryMiB,
    cpuOf: Object.fromEntries(cpuOf),
  };
}
