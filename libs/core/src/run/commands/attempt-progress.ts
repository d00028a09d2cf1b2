import { LIMITS, type CommandOf } from '@fermata/contracts';
import { isOfKind } from '../../graph/graph';
import { timedOut, type AgentWork } from '../../steps/agent';
import { idempotencyKey } from '../advance';
import {
  accepted,
  draftOf,
  emit,
  graphStep,
  IGNORED,
  refused,
  type Decision,
  type DecisionContext,
} from '../draft';
import { failAttempt } from '../fail-attempt';
import { attemptAt, type OpenAttempt } from '../../steps/kind';
import { hasEnded, stepOf, type RunState } from '../state';

type Progress = CommandOf<'HeartbeatAttempt' | 'IntendEffect'>;

/**
 * How long a runner that speaks now holds the attempt. What it leaves of its lease after the
 * deadline is the time to say that it lives; the grant of a call made once ends before that.
 */
function leaseOf(
  command: Progress,
  work: Pick<AgentWork, 'idempotent' | 'leaseMs'>,
  open: OpenAttempt,
  at: number,
): number {
  const isEffect = command.type === 'IntendEffect' || open.intent !== null;
  const graceMs = isEffect && !work.idempotent ? 0 : LIMITS.deadlineGraceMs;
  return Math.min(at + work.leaseMs, open.deadlineAt + graceMs);
}

/**
 * A runner claims an attempt, says that it still works on it, or asks for the grant of its call.
 * Who speaks of a closed attempt, or of one that another runner holds, gets a no.
 */
export function attemptProgress(
  command: Progress,
  run: RunState,
  context: DecisionContext,
): Decision {
  const { step: id, attempt, runner } = command.data;
  const step = graphStep(context.graph, id);
  const open = attemptAt(stepOf(run, id));
  if (hasEnded(run) || !isOfKind(step, 'agent') || open?.number !== attempt) {
    const found = `expected an open attempt, found that ${run.run}/${id}/${attempt} is closed`;
    return refused('ATTEMPT_CLOSED', `${found}; stop working on it`);
  }
  if (open.claim !== null && open.claim.runner !== runner) {
    const found = `expected a free attempt, found ${run.run}/${id}/${attempt} held by another runner`;
    return refused('ATTEMPT_CLOSED', `${found}; stop working on it`);
  }
  const draft = draftOf(run, context);
  const { work } = step;
  const isLast = open.intent !== null && !work.idempotent;
  if (context.at >= open.deadlineAt && !isLast) {
    // Who speaks after the deadline lives, and was too slow.
    failAttempt(draft, step, timedOut(id, open));
    return accepted(draft);
  }
  const leaseMs = Math.min(work.leaseMs, context.ceilings.leaseMsMax);
  const leaseUntil = leaseOf(command, { ...work, leaseMs }, open, context.at);
  if (command.type === 'HeartbeatAttempt') {
    // A lease that would not move by a quarter says nothing new.
    const movesMs = leaseUntil - (open.claim?.leaseUntil ?? 0);
    if (movesMs < leaseMs / 4) return IGNORED;
    emit(draft, 'AttemptClaimed', { step: id, attempt, runner, leaseUntil });
  } else {
    // An intent is granted once: its holder may call once, and a repeated request grants no more.
    if (open.intent !== null) return IGNORED;
    const key = idempotencyKey(draft, step);
    const settleBy = leaseUntil + (work.idempotent ? 0 : work.timeoutMs);
    const { digest } = command.data;
    emit(draft, 'EffectIntended', { step: id, attempt, runner, key, digest, leaseUntil, settleBy });
  }
  return accepted(draft);
}
