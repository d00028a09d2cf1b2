import { randomUUID } from 'node:crypto';
import { LIMITS } from '@fermata/contracts';
import type { TenantLimits } from '@fermata/core';
import { pause } from '@fermata/service';
import type { BatchLimits, WorkloadLimits } from './backlog';
import type { Onlooker } from './onlooker';

/** How a scheduler works. Times are milliseconds. A batch is decided at once, and is one append. */
export interface SchedulerConfig extends TenantLimits, BatchLimits, WorkloadLimits {
  /** Name of this process on the log. */
  readonly owner: string;
  /** Commands that one read may give. */
  readonly readMax: number;
  /** How long the key of a command, and of an ended run, stays taken, in log time. */
  readonly keyWindowMs: number;
  /** How often a batch without events moves the position. */
  readonly advanceEveryMs: number;
  /** Events after which a restore point is written, and how long it may take until then. */
  readonly restoreEveryEvents: number;
  readonly restoreEveryMs: number;
  readonly resendsMax: number;
  /** Runs quarantined in a row before the partition stops: more of them is our own defect. */
  readonly setAsideMax: number;
  readonly now: () => number;
  readonly nonce: () => string;
  /** Waits a random time before a new try: a short one, or longer after tries that failed. */
  readonly pause: (failures?: number) => Promise<void>;
  /** Called for each try to own a partition: what it gives looks on. */
  readonly lookOn?: (partition: number) => Onlooker;
}

const DAY_MS = 86_400_000;
/** A pause becomes 16 times as long at most: four seconds. */
const DOUBLINGS_MAX = 4;

/** The settings of a scheduler, with what the caller says of them. */
export function schedulerConfig(said: Partial<SchedulerConfig> = {}): SchedulerConfig {
  return {
    owner: `service:scheduler/${process.pid}`,
    batchMax: 500,
    turnsMax: 8,
    readMax: 500,
    readAheadMax: 64_000_000,
    tenantCommandsPerSecond: 1_000,
    openAttemptsMax: LIMITS.openAttemptsMax,
    queuedStepsMax: LIMITS.queuedStepsMax,
    heldBytesMax: LIMITS.heldBytesMax,
    keyWindowMs: DAY_MS,
    advanceEveryMs: 1_000,
    restoreEveryEvents: 20_000,
    restoreEveryMs: 60_000,
    resendsMax: 5,
    setAsideMax: 20,
    now: Date.now,
    nonce: randomUUID,
    pause: (failures = 0) => {
      const waitMs = (50 + Math.random() * 200) * 2 ** Math.min(failures, DOUBLINGS_MAX);
      return pause(waitMs);
    },
    ...said,
  };
}
