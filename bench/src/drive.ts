/** What a load saw. */
export interface Driven {
  /** How long each run took, from its start to the end that its caller heard. */
  readonly tookMs: readonly number[];
  /** From the first start to the last end. */
  readonly seconds: number;
}

/** When a load starts no more: after a time, or a number of runs. */
export interface Bounds {
  readonly width: number;
  readonly forMs: number;
  readonly countMax?: number;
}

/** A closed loop: `width` callers, each of whom starts a run when its last one is over. */
export async function drive(run: () => Promise<unknown>, bounds: Bounds): Promise<Driven> {
  const { width, forMs, countMax = Infinity } = bounds;
  const tookMs: number[] = [];
  const began = performance.now();
  let started = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - began < forMs && started < countMax) {
      started += 1;
      const startedAt = performance.now();
      await run();
      tookMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: width }, caller));
  return { tookMs, seconds: (performance.now() - began) / 1_000 };
}
