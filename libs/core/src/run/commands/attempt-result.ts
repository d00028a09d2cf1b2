import { LIMITS, shorten, type CommandOf } from '@fermata/contracts';
import { isOfKind, type StepAs } from '../../graph/graph';
import { invariant } from '../../invariant';
import { completeStep, failStep } from '../advance';
import {
  accepted,
  codeOfFailure,
  draftOf,
  emit,
  graphStep,
  IGNORED,
  refused,
  stateOf,
  type Decision,
  type DecisionContext,
  type Draft,
} from '../draft';
import { failAttempt } from '../fail-attempt';
import { attemptAt, gateAt, type StepState } from '../../steps/kind';
import { hasEnded, stepOf, type RunState } from '../state';

type Result = CommandOf<'CompleteAttempt' | 'FailAttempt'>;

/** The answer of a runner: counts only for the open attempt, or settles one in doubt (R8). */
export function attemptResult(command: Result, run: RunState, context: DecisionContext): Decision {
  const { step: id, attempt, runner } = command.data;
  const step = graphStep(context.graph, id);
  if (step === undefined) {
    const found = `expected a step of ${context.graph.workflow.name}, found "${id}"`;
    return refused('STEP_UNKNOWN', `${found}; a result names the step it was given`);
  }
  const draft = draftOf(run, context);
  const state = stepOf(run, id);
  const late = whyLate(run, state, attempt, runner);
  if (late !== null) return ignored(draft, command, late);
  invariant(isOfKind(step, 'agent'), `step ${id} is performed by an agent`);
  const gate = gateAt(state);
  if (gate !== null) {
    const reason = `the outcome of attempt ${attempt} arrived`;
    emit(draft, 'GateWithdrawn', { step: id, gate: gate.id, reason });
  }
  if (command.type === 'CompleteAttempt') settle(draft, step, command);
  else fail(draft, step, command, attemptAt(state)?.intent !== null);
  return accepted(draft);
}

/** Why a result does not count, or null when it does. */
function whyLate(run: RunState, state: StepState, attempt: number, runner: string): string | null {
  if (hasEnded(run)) return `the run ended as ${run.status}`;
  const doubt = gateAt(state)?.doubt;
  if (doubt && doubt.attempt === attempt && doubt.runner === runner) return null;
  const open = attemptAt(state);
  if (open?.number !== attempt) {
    return `attempt ${attempt} is closed; the step is ${state.status} at attempt ${state.attempt}`;
  }
  const { claim } = open;
  return claim === null || claim.runner === runner ? null : 'another runner holds the attempt';
}

/** The first ignored result of an attempt is recorded with the reason; the rest is dropped. */
function ignored(draft: Draft, command: Result, reason: string): Decision {
  const { step, attempt, runner } = command.data;
  const known = draft.run.ignored;
  if (known.length >= LIMITS.ignoredResultsMax) return IGNORED;
  if (known.includes(`${step}/${attempt}`)) return IGNORED;
  emit(draft, 'ResultIgnored', { step, attempt, runner, code: 'ATTEMPT_CLOSED', reason });
  return accepted(draft);
}

function settle(draft: Draft, step: StepAs<'agent'>, command: CommandOf<'CompleteAttempt'>): void {
  const { attempt, output } = command.data;
  const { meter } = draft.context;
  const violation = step.work.checkOutput(output, meter);
  const code = codeOfFailure(draft.context, 'CONTRACT_VIOLATED');
  if (violation === null) {
    completeStep(draft, step, attempt, output);
  } else if (step.work.risk === 'effect') {
    // The effect happened, whatever its answer looks like: another try would repeat it.
    failStep(draft, step, code, violation);
  } else {
    failAttempt(draft, step, { code, message: violation, lost: false });
  }
}

function fail(
  draft: Draft,
  step: StepAs<'agent'>,
  command: CommandOf<'FailAttempt'>,
  intended: boolean,
): void {
  const { code, retryable, retryAfterMs } = command.data;
  const message = shorten(command.data.message, LIMITS.reasonCharsMax);
  if (!retryable) {
    const { attempt } = stateOf(draft, step);
    const policy = draft.context.graph.policy;
    const failed = { step: step.id, attempt, code, message, retryAt: null, lost: false, policy };
    emit(draft, 'AttemptFailed', failed);
    failStep(draft, step, code, message);
    return;
  }
  const waitMs = retryAfterMs ?? 0;
  failAttempt(draft, step, { code, message, lost: false, waitMs, intended });
}
