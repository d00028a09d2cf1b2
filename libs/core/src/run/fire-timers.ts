import { durationMs, rfc3339 } from '@fermata/contracts';
import type { GraphStep } from '../graph/graph';
import { advance, start } from './advance';
import { accepted, draftOf, emit, graphStep, IGNORED, stateOf } from './draft';
import type { Decision, DecisionContext, Draft } from './draft';
import { loseAttempt, timeOutAttempt } from './fail-attempt';
import type { OpenAttempt, OpenGate } from '../steps/kind';
import { dueOf } from '../steps/kinds';
import { hasEnded, stepOf, type RunState } from './state';

/** Name of the timer that bounds a whole run; the others are named by their step. */
export const RUN_TIMER = '';

/** When the run, or one of its steps, must be looked at again; null while nothing is awaited. */
export function dueAt(run: RunState, timer: string): number | null {
  if (hasEnded(run) || run.status === 'quarantined') return null;
  const isPaused = run.status === 'paused';
  if (timer === RUN_TIMER) return isPaused ? null : run.deadlineAt;
  const { held } = stepOf(run, timer);
  return held === null ? null : dueOf(held, isPaused);
}

/** A timer that fires is an event (rule R9); one that nothing waits for any more is nothing. */
export function fireTimer(timer: string, run: RunState, context: DecisionContext): Decision {
  const due = dueAt(run, timer);
  if (due === null || due > context.at) return IGNORED;
  const draft = draftOf(run, context);
  const step = graphStep(context.graph, timer);
  if (timer === RUN_TIMER) emit(draft, 'RunTimedOut', { deadlineAt: due });
  else if (step !== undefined) fireStep(draft, step);
  return accepted(draft);
}

/** A step that waited for room among its tenant's attempts has its turn. */
export function startQueuedStep(id: string, run: RunState, context: DecisionContext): Decision {
  const draft = draftOf(run, context);
  const step = graphStep(context.graph, id);
  if (step !== undefined && start(draft, step) === 'skipped') advance(draft, [step]);
  return accepted(draft);
}

function fireStep(draft: Draft, step: GraphStep): void {
  const { held } = stateOf(draft, step);
  switch (held?.kind) {
    case 'attempt':
      closeAttempt(draft, step, held, draft.context.at);
      break;
    case 'gate':
      gateIsDue(draft, step, held);
      break;
    case 'retry':
    case 'turn':
    case undefined:
      start(draft, step);
  }
}

/** Who lost its runner has not timed out: that is said by a runner which lives. */
function closeAttempt(draft: Draft, step: GraphStep, open: OpenAttempt, at: number): void {
  const isLost = open.claim !== null && open.claim.leaseUntil <= at;
  // Leave for a call that is made once at most never outlasts the deadline: a person is asked.
  const isOver = open.intent !== null && !step.idempotent && at >= open.deadlineAt;
  if (isLost && !isOver) loseAttempt(draft, step, open);
  else timeOutAttempt(draft, step, open);
}

/** The last breach of a due time refuses; nothing is ever approved by silence. */
function gateIsDue(draft: Draft, step: GraphStep, gate: OpenGate): void {
  if (gate.onDue !== 'reject') {
    const { groups, due: wait } = gate.onDue.escalate;
    const due = draft.context.at + durationMs(wait);
    emit(draft, 'GateEscalated', { step: step.id, gate: gate.id, groups, dueAt: due });
    return;
  }
  const { policy } = draft.context.graph;
  emit(draft, 'GateExpired', { step: step.id, gate: gate.id, dueAt: gate.dueAt, policy });
  const reason = `expected a decision on ${gate.id} by ${rfc3339(gate.dueAt)}, found none`;
  emit(draft, 'RunRejected', { step: step.id, gate: gate.id, code: 'GATE_EXPIRED', reason });
}
