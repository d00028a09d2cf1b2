import {
  dueAt,
  hasEnded,
  isFinished,
  queuedSince,
  RUN_TIMER,
  stepOf,
  stepsOf,
  type Held,
  type PartitionState,
  type RunState,
  type StepStatus,
} from '@fermata/core';
import type { AcceptedRecord } from './oracle';
import type { Violations } from './violations';
import { graphOf } from './workflows';

/** Judges the runs that an append touched, as they stand after it. */
export function checkRuns(
  violations: Violations,
  state: PartitionState,
  records: readonly AcceptedRecord[],
): void {
  const keys = new Set(
    records
      .filter(({ event }) => event.sequence > 0)
      .map(({ event }) => `${event.tenant}/${event.run}`),
  );
  for (const key of keys) {
    const run = state.runs.get(key);
    if (run !== undefined && !hasEnded(run)) checkRun(violations, state, key, run);
  }
}

/** What a step waits for by where it is; one that is not under way waits for nothing. */
const WAITS_FOR: Partial<Record<StepStatus, readonly Held['kind'][]>> = {
  scheduled: ['attempt'],
  waiting: ['retry', 'time'],
  held: ['gate'],
  queued: ['turn'],
};

function checkRun(violations: Violations, state: PartitionState, key: string, run: RunState): void {
  for (const [id, step] of stepsOf(run)) {
    const held = step.held?.kind ?? null;
    const found = (): string => `${key}/${id} is ${step.status} and waits for ${held}`;
    const rule = 'a step under way has the attempt, timer, gate or turn of its status';
    const may: readonly (string | null)[] = WAITS_FOR[step.status] ?? [null];
    violations.check(may.includes(held), rule, found);
    checkTimer(violations, state, key, run, id);
    const turn = state.queued.get(run.tenant)?.dueAt(`${key}#${id}`) ?? null;
    const isInLine = turn === queuedSince(run, id);
    violations.check(isInLine, 'a step that waits for its turn stands in line', found);
  }
  checkTimer(violations, state, key, run, RUN_TIMER);
  if (run.status !== 'running') return;
  const graph = graphOf(run.workflow.hash);
  const left = graph?.steps.find(
    ({ id, needs }) =>
      stepOf(run, id).status === 'ready' &&
      needs.every((need) => isFinished(run, graph.steps[need]?.id ?? id)),
  );
  violations.check(left === undefined, 'no step is forgotten', () => {
    return `${key}/${left?.id} may start and nothing will start it`;
  });
  const isDone = run.finished === graph?.steps.length;
  violations.check(!isDone, 'a run ends with its last step', () => `${key} goes on`);
}

function checkTimer(
  violations: Violations,
  state: PartitionState,
  key: string,
  run: RunState,
  timer: Parameters<typeof dueAt>[1],
): void {
  const expected = dueAt(run, timer) ?? undefined;
  const armed = state.timers.dueAt(`${key}#${timer}`);
  violations.check(armed === expected, 'timers are armed for what is awaited', () => {
    return `${key}#${timer} is due at ${expected}, its timer at ${armed}`;
  });
}
