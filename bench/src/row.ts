/** What one measurement says; null where a figure has no meaning or was not taken. */
export interface Row {
  readonly system: string;
  readonly work: string;
  readonly stepsPerSecond: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly cpuSecondsPer1000Steps: number | null;
  readonly rssMiB: number | null;
  /** CPU seconds per 1,000 steps of each program by itself, the load too. */
  readonly cpuOf?: Readonly<Record<string, number | null>>;
  /** What a reader must know to compare this row with another. */
  readonly note?: string;
}

/** How long each piece of work is measured, and how many runs are left waiting. */
export interface Plan {
  readonly warmUpMs: number;
  readonly aloneMs: number;
  readonly wideMs: number;
  readonly fanOutAloneMs: number;
  /** Time in which runs are started that wait, at most `holdMax` of them. */
  readonly holdMs: number;
  readonly holdMax: number;
  /** Times that a scheduler is killed, and that one is asked to stop. */
  readonly takeovers: number;
}

/** About five minutes for everything. */
export const QUICK: Plan = {
  warmUpMs: 2_000,
  aloneMs: 3_000,
  wideMs: 5_000,
  fanOutAloneMs: 2_000,
  holdMs: 15_000,
  holdMax: 100_000,
  takeovers: 5,
};

export const FULL: Plan = {
  warmUpMs: 5_000,
  aloneMs: 10_000,
  wideMs: 20_000,
  fanOutAloneMs: 5_000,
  holdMs: 240_000,
  holdMax: 100_000,
  takeovers: 20,
};
