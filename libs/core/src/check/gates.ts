import type { Goal } from './formula';
import { canHold, type StatusMeans, type Work } from './solve';

/** A step, as far as it matters who holds whom. */
export interface Held {
  readonly index: number;
  readonly id: string;
  readonly needs: readonly number[];
}

/** A way to an effect on which no gate holds the run. */
export interface WayAround {
  readonly gate: Held;
  /** Ids of the steps from the gate to the effect. */
  readonly path: readonly string[];
}

/**
 * Whether an effect may run though every gate before it was skipped, and how. Gates that are never
 * skipped leave no way; without a gate before it there is nothing to go around.
 */
export function wayAround(
  effect: Held,
  gates: readonly Held[],
  steps: readonly Held[],
  {
    goals,
    skipped,
    means,
    work,
  }: {
    readonly goals: readonly Goal[];
    readonly skipped: (gate: Held) => Goal;
    readonly means: StatusMeans;
    readonly work: Work;
  },
): WayAround | null {
  const [gate] = gates;
  if (gate === undefined) return null;
  const answer = canHold([...gates.map(skipped), ...goals], means, work);
  return answer === 'yes' ? { gate, path: pathBetween(gate, effect, steps) } : null;
}

/** The shortest chain of needs from a gate to what stands behind it. */
function pathBetween(gate: Held, effect: Held, steps: readonly Held[]): readonly string[] {
  const cameFrom = new Map<number, number | null>([[effect.index, null]]);
  const open = [effect.index];
  for (const at of open) {
    if (at === gate.index) break;
    for (const need of steps[at]?.needs ?? []) {
      if (cameFrom.has(need)) continue;
      cameFrom.set(need, at);
      open.push(need);
    }
  }
  const path: string[] = [];
  for (let at: number | null = gate.index; at !== null; at = cameFrom.get(at) ?? null) {
    path.push(steps[at]?.id ?? '');
  }
  return path;
}
