import { LIMITS } from '@fermata/contracts';
import { invariant } from '../invariant';
import type { Decision, DecisionContext, TenantRoom } from '../run/draft';
import { fireTimer, RUN_TIMER, startQueuedStep } from '../run/fire-timers';
import { openAttemptsOf, queuedSince, type RunState } from '../run/state';
import { isFull, openOf, runOf, type Batch, type TenantLimits } from './batch';
import type { Subject } from '../run/cause';
import { accept, boundedTo, contextOf } from './decide-batch';
import { timerOf, type PartitionState } from './partition-state';
import { roomFor } from './tenant-room';

/** Does one piece of work, and may quarantine its run when it breaks an invariant (rule R7). */
export type Guard = (subject: Subject, work: () => void) => void;

/**
 * Fires the timers that are due, a bounded number (rule R9), each under the guard, so that one
 * broken run does not hold up the timers of all. Says whether more are due.
 */
export function fireDueTimers(batch: Batch, guard: Guard = (_, work) => work()): boolean {
  const due = batch.state.timers.due(batch.at, LIMITS.timersPerBatchMax);
  for (const { key } of due) {
    // What does not fit is due in the next batch.
    if (isFull(batch)) return true;
    const { runKey, timer } = timerOf(key);
    const run = runOf(batch, runKey);
    if (run === undefined) continue;
    const room = roomFor(batch, run.tenant, run);
    guarded(batch, guard, { key, runKey, run, room }, (context) => fireTimer(timer, run, context));
  }
  return due.length === LIMITS.timersPerBatchMax;
}

/**
 * Starts steps that waited for an attempt of their tenant to be closed, the longest waiting first,
 * as far as there is room; a bounded number, `canStartQueued` tells of more.
 */
export function startQueued(batch: Batch, guard: Guard = (_, work) => work()): void {
  const { openAttemptsMax } = batch.limits;
  for (const [tenant, queue] of batch.state.queued) {
    const free = openAttemptsMax - openOf(batch, tenant);
    const next = free > 0 ? queue.due(batch.at, Math.min(free, LIMITS.timersPerBatchMax)) : [];
    for (const { key } of next) {
      if (isFull(batch)) return;
      const { runKey, timer: step } = timerOf(key);
      const run = runOf(batch, runKey);
      if (run === undefined || step === RUN_TIMER || queuedSince(run, step) === null) continue;
      const forRun = openAttemptsMax - openOf(batch, tenant) + openAttemptsOf(run);
      const turn = { key, runKey, run, room: { forRun, openAttemptsMax } };
      guarded(batch, guard, turn, (context) => startQueuedStep(step, run, context));
    }
  }
}

/** Whether a step waits for an attempt that is free. */
export function canStartQueued(state: PartitionState, { openAttemptsMax }: TenantLimits): boolean {
  for (const tenant of state.queued.keys()) {
    if ((state.openOf.get(tenant) ?? 0) < openAttemptsMax) return true;
  }
  return false;
}

/** A run that something is due for without a command, by the key of what is due. */
interface Turn {
  readonly key: string;
  readonly runKey: string;
  readonly run: RunState;
  readonly room: TenantRoom;
}

function guarded(
  batch: Batch,
  guard: Guard,
  { key, runKey, run, room }: Turn,
  decision: (context: DecisionContext) => Decision,
): void {
  const { tenant, run: id } = run;
  const traceparent = run.traceparent ?? undefined;
  const from = { correlationId: id, actor: 'service:scheduler', traceparent };
  const subject: Subject = { id: `timer/${key}`, tenant, run: id, ...from };
  guard(subject, () => {
    const loaded = batch.definitionOf(run.workflow.hash);
    invariant(loaded !== undefined, `run ${id} has its definition ${run.workflow.hash}`);
    const context = contextOf(batch, subject, loaded.graph, room);
    const decided = decision(context);
    batch.steps += context.meter.spent;
    const bounded = boundedTo(batch, decided, run, context);
    if (bounded.decision.kind !== 'accepted') return;
    accept(batch, runKey, bounded.decision, bounded.encoded);
  });
}
