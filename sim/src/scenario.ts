import { LIMITS } from '@fermata/contracts';
import type { Random } from './random';

/** What one simulation is made of, all of it chosen by its seed. */
export interface Scenario {
  readonly kind: 'kafka' | 'postgres';
  readonly partitions: number;
  readonly keepsDecoded: boolean;
  readonly schedulers: number;
  readonly runners: number;
  readonly projectors: number;
  readonly tenants: readonly string[];
  readonly runs: number;
  /** Share of the bad times in which runs are started. */
  readonly startsWithin: number;
  /** Something happens to a process about twice in this time. */
  readonly happensEveryMs: number;
  /** How long things go wrong. */
  readonly chaosMs: number;
  readonly keyWindowMs: number;
  readonly batchMax: number;
  /** Commands of a line in a batch while there is more to be read, and of a tenant in a second. */
  readonly turnsMax: number;
  readonly tenantCommandsPerSecond: number;
  /** Attempts that a tenant may have open in a partition, and a runner perform at a time. */
  readonly openAttemptsMax: number;
  readonly runnerAttemptsMax: number;
  /** Attempts that a runner gives an agent at a time. */
  readonly agentConcurrency: number;
  /** Whether each runner performs the attempts of some agents only. */
  readonly hasPools: boolean;
  readonly queuedStepsMax: number;
  /** Commands that one read gives, and characters of them that a scheduler holds undecided. */
  readonly readMax: number;
  readonly readAheadMax: number;
  readonly resendsMax: number;
  readonly restoreEveryEvents: number;
  readonly restoreEveryMs: number;
  /** What the broker loses once: the end of a log, or commands that nobody has read yet. */
  readonly loses: 'log' | 'commands' | null;
  /** How restore points are damaged, now and then. */
  readonly damagesRestorePoints: boolean;
  /** Whether clocks jump by up to an hour. */
  readonly clocksJump: boolean;
  readonly limits: Partial<Record<keyof typeof LIMITS, number>>;
}

/** Draws a scenario. */
export function drawScenario(random: Random): Scenario {
  return {
    kind: random.chance(0.65) ? 'kafka' : 'postgres',
    partitions: random.int(1, 3),
    keepsDecoded: random.chance(0.25),
    schedulers: random.int(2, 3),
    runners: random.int(1, 3),
    projectors: random.pick([0, 0, 1, 2]),
    tenants: ['acme', 'bolt'],
    runs: random.int(2, 8),
    startsWithin: random.pick([0.05, 0.3, 0.7]),
    happensEveryMs: random.pick([1_000, 4_000, 9_000]),
    chaosMs: random.int(8_000, 35_000),
    keyWindowMs: random.pick([15_000, 60_000, 86_400_000]),
    batchMax: random.pick([2, 7, 500]),
    turnsMax: random.pick([1, 8]),
    tenantCommandsPerSecond: random.pick([1, 150, 1_000]),
    openAttemptsMax: random.pick([1, 3, 2_000]),
    runnerAttemptsMax: random.pick([2, 500]),
    agentConcurrency: random.pick([1, 3, 100]),
    hasPools: random.chance(0.4),
    queuedStepsMax: random.pick([2, 20_000, 20_000]),
    readMax: random.pick([2, 20, 500]),
    readAheadMax: random.pick([3_000, 64_000_000]),
    resendsMax: random.int(0, 5),
    restoreEveryEvents: random.pick([3, 15, 20_000]),
    restoreEveryMs: random.pick([1_000, 5_000, 60_000]),
    loses: random.chance(0.08) ? random.pick(['log', 'log', 'commands'] as const) : null,
    damagesRestorePoints: random.chance(0.3),
    clocksJump: random.chance(0.15),
    limits: drawLimits(random),
  };
}

/** Limits are lowered so that small simulations reach them. */
function drawLimits(random: Random): Scenario['limits'] {
  return {
    commandAheadMsMax: random.pick([5_000, 30_000, 3_600_000]),
    ...(random.chance(0.3) ? { commitBytesMax: random.int(1_500, 6_000) } : {}),
    ...(random.chance(0.1) ? { decisionBytesMax: random.int(6_000, 12_000) } : {}),
    ...(random.chance(0.3) ? { timersPerBatchMax: random.int(1, 3) } : {}),
    ...(random.chance(0.1) ? { runEventsMax: random.int(15, 60) } : {}),
    ...(random.chance(0.2) ? { ignoredResultsMax: random.int(0, 2) } : {}),
    ...(random.chance(0.1) ? { lossesMax: random.int(1, 3) } : {}),
  };
}

/** Sets limits for one simulation; gives what sets them back. */
export function lowerLimits(limits: Scenario['limits']): () => void {
  const target = LIMITS as unknown as Record<string, number>;
  const kept = { ...LIMITS };
  Object.assign(target, limits);
  return () => void Object.assign(target, kept);
}
