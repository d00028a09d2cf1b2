/** How often things happened: shows that the faults of a simulation are awake. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }
}

/** Seeds from which on it shows in the sums whether work gets done. */
export const MANY_SEEDS = 20;

/**
 * What does not get done, over many seeds, or null. A run may end in many ways by itself, so a
 * system that performs nothing breaks no rule: but most runs must come to a good end.
 */
export function whyIdle(counts: ReadonlyMap<string, number>): string | null {
  const [started = 0, completed = 0, effects = 0] = [
    'RunStarted',
    'RunCompleted',
    'EffectIntended',
  ].map((what) => counts.get(what));
  if (completed * 2 <= started) {
    return `expected most of ${started} runs to be completed, found ${completed}`;
  }
  return effects > 0 ? null : 'expected some effects to be intended, found none';
}
