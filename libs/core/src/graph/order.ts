import { LIMITS, type WorkflowDefinition } from '@fermata/contracts';
import { complain, isFull, type Report } from './problem';

const CYCLE_SHOWN_MAX = 12;
/** Names that a suggestion is chosen from: it must cost little beside the graph itself. */
const SUGGESTED_FROM_MAX = 1_000;

/** The edges of a graph, by index. */
export interface Order {
  readonly ids: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly needs: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
  /** Indexes with every step after its needs. */
  readonly sorted: readonly number[];
}

/** Reads the edges of a graph and reports unknown steps and cycles. */
export function orderOf(workflow: WorkflowDefinition, report: Report): Order {
  const ids = Object.keys(workflow.steps);
  if (ids.length === 0 || ids.length > LIMITS.graphStepsMax) {
    const found = `expected 1 to ${LIMITS.graphStepsMax} steps, found ${ids.length}`;
    complain(report, 'LIMIT_EXCEEDED', ['workflow', 'steps'], `${found}; split the workflow`);
  }
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const needs = ids.map((id) => needsOf(workflow, id, indexOf, report));
  const dependents: number[][] = ids.map(() => []);
  for (const [index, list] of needs.entries()) {
    for (const need of list) dependents[need]?.push(index);
  }
  const sorted = sort(needs, dependents);
  if (sorted.length < ids.length) reportCycle(ids, needs, sorted, report);
  return { ids, indexOf, needs, dependents, sorted };
}

function needsOf(
  workflow: WorkflowDefinition,
  id: string,
  indexOf: ReadonlyMap<string, number>,
  report: Report,
): number[] {
  const found = new Set<number>();
  for (const [place, need] of (workflow.steps[id]?.needs ?? []).entries()) {
    const index = indexOf.get(need);
    if (index !== undefined) found.add(index);
    else if (!isFull(report)) {
      const known = nearest(need, [...indexOf.keys()]);
      const message = `expected a step of this workflow, found "${need}"; did you mean ${known}?`;
      complain(report, 'STEP_UNKNOWN', ['workflow', 'steps', id, 'needs', place], message);
    }
  }
  return [...found];
}

function sort(
  needs: readonly (readonly number[])[],
  dependents: readonly (readonly number[])[],
): number[] {
  const missing = needs.map((list) => list.length);
  const sorted = needs.flatMap((list, index) => (list.length === 0 ? [index] : []));
  for (let at = 0; at < sorted.length; at++) {
    for (const next of dependents[sorted[at] ?? -1] ?? []) {
      missing[next] = (missing[next] ?? 0) - 1;
      if (missing[next] === 0) sorted.push(next);
    }
  }
  return sorted;
}

/** Follows needs that were never met until a step comes again: that is the cycle. */
function reportCycle(
  ids: readonly string[],
  needs: readonly (readonly number[])[],
  sorted: readonly number[],
  report: Report,
): void {
  const done = new Set(sorted);
  const trail: number[] = [];
  let at = ids.findIndex((_, index) => !done.has(index));
  while (!trail.includes(at)) {
    trail.push(at);
    at = needs[at]?.find((need) => !done.has(need)) ?? at;
  }
  const cycle = [...trail.slice(trail.indexOf(at)), at].map((index) => ids[index] ?? '');
  const shown =
    cycle.length <= CYCLE_SHOWN_MAX ? cycle : [...cycle.slice(0, 10), '…', ...cycle.slice(-1)];
  const message = `expected no cycle, found ${shown.join(' needs ')}; remove one of these needs`;
  complain(report, 'GRAPH_CYCLE', ['workflow', 'steps', cycle[0] ?? '', 'needs'], message);
}

/**
 * Tells whether a step ends before another begins. Each step has a row of bits, made from those of
 * its needs: a question then costs the same in any graph.
 */
export function precedenceOf({
  ids,
  needs,
  sorted,
}: Order): (earlier: number, later: number) => boolean {
  const words = Math.ceil(ids.length / 32);
  const rows = new Uint32Array(words * ids.length);
  for (const index of sorted) {
    const to = index * words;
    for (const need of needs[index] ?? []) {
      const from = need * words;
      for (let at = 0; at < words; at++)
        rows[to + at] = (rows[to + at] ?? 0) | (rows[from + at] ?? 0);
      rows[to + (need >> 5)] = (rows[to + (need >> 5)] ?? 0) | (1 << (need & 31));
    }
  }
  return (earlier, later) =>
    ((rows[later * words + (earlier >> 5)] ?? 0) & (1 << (earlier & 31))) !== 0;
}

/** The known name most like a given one. */
export function nearest(name: string, known: readonly string[]): string {
  const scored = known
    .slice(0, SUGGESTED_FROM_MAX)
    .map((other) => ({ other, distance: distance(name, other) }));
  scored.sort((a, b) => a.distance - b.distance);
  return scored[0]?.other ?? 'nothing, there is none';
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
