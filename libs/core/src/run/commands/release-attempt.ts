import type { CommandOf } from '@fermata/contracts';
import {
  accepted,
  draftOf,
  graphStep,
  IGNORED,
  type Decision,
  type DecisionContext,
} from '../draft';
import { isOfKind } from '../../graph/graph';
import { failAttempt } from '../fail-attempt';
import { attemptAt } from '../../steps/kind';
import { hasEnded, stepOf, type RunState } from '../state';

/**
 * A runner that stops gives an attempt back. It says so once and hears no answer, so that what is
 * closed by now, held by another, or may have had its effect is left as it is: the end of the lease
 * tells what becomes of that.
 */
export function releaseAttempt(
  command: CommandOf<'ReleaseAttempt'>,
  run: RunState,
  context: DecisionContext,
): Decision {
  const { step: id, attempt, runner } = command.data;
  const step = graphStep(context.graph, id);
  const open = attemptAt(stepOf(run, id));
  if (hasEnded(run) || !isOfKind(step, 'agent') || open?.number !== attempt) return IGNORED;
  if (open.intent !== null || (open.claim !== null && open.claim.runner !== runner)) return IGNORED;
  const draft = draftOf(run, context);
  const message = `the runner of ${id} stopped and gave it back; it is tried again at once`;
  const released = { code: 'ATTEMPT_RELEASED', message, lost: true, released: true } as const;
  failAttempt(draft, step, released);
  return accepted(draft);
}
