import { rfc3339, type StepPath } from '@fermata/contracts';
import { isOfKind, type GraphStep } from '../graph/graph';
import { invariant } from '../invariant';
import { consult } from '../policy/consult';
import { completeStep, startAndGoOn } from './advance';
import { accepted, draftOf, emit, graphStep, IGNORED, stateOf } from './draft';
import type { Decision, DecisionContext, Draft } from './draft';
import { failAttempt } from './fail-attempt';
import { gateAt, type Turn } from '../steps/kind';
import { dueOf, dueTurn } from '../steps/kinds';
import { hasEnded, stepOf, type RunState } from './state';

/** Name of the timer that bounds a whole run; the others are named by their step. */
export const RUN_TIMER = '';
/** A run's timer, or that of one of its steps. */
export type Timer = typeof RUN_TIMER | StepPath;

/** When the run, or one of its steps, must be looked at again; null while nothing is awaited. */
export function dueAt(run: RunState, timer: Timer): number | null {
  if (hasEnded(run) || run.status === 'quarantined') return null;
  const isPaused = run.status === 'paused';
  if (timer === RUN_TIMER) return isPaused ? null : run.deadlineAt;
  const { held } = stepOf(run, timer);
  return held === null ? null : dueOf(held, isPaused);
}

/** A timer that fires is an event (rule R9); one that nothing waits for any more is nothing. */
export function fireTimer(timer: Timer, run: RunState, context: DecisionContext): Decision {
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
  if (step !== undefined) startAndGoOn(draft, step);
  return accepted(draft);
}

function fireStep(draft: Draft, step: GraphStep): void {
  const { held } = stateOf(draft, step);
  const turn: Turn = held === null ? { then: 'begin' } : dueTurn(held, step, draft.context.at);
  switch (turn.then) {
    case 'begin':
      startAndGoOn(draft, step);
      break;
    case 'fail-attempt':
      invariant(isOfKind(step, 'agent'), `step ${step.id} is performed by an agent`);
      failAttempt(draft, step, turn.failure);
      break;
    case 'complete':
      completeStep(draft, step, 0, turn.output);
      break;
    case 'unanswered':
      gateIsDue(draft, step);
  }
}

/** Nobody answered a gate in time. */
function gateIsDue(draft: Draft, step: GraphStep): void {
  const gate = gateAt(stateOf(draft, step));
  invariant(gate !== null, `step ${step.id} holds for a person`);
  const { outcome, rule, version } = consult(draft.context.graph.rules, 'silence', gate);
  const named = { step: step.id, gate: gate.id };
  if (outcome.then === 'escalate') {
    const dueAt = draft.context.at + outcome.dueMs;
    emit(draft, 'GateEscalated', { ...named, groups: [...outcome.groups], dueAt, rule });
    return;
  }
  emit(draft, 'GateExpired', { ...named, dueAt: gate.dueAt, policy: version, rule });
  const reason = `expected a decision on ${gate.id} by ${rfc3339(gate.dueAt)}, found none`;
  emit(draft, 'RunRejected', { step: step.id, gate: gate.id, code: 'GATE_EXPIRED', reason });
}
