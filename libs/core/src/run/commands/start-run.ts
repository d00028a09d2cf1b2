import type { CommandOf } from '@fermata/contracts';
import { begin } from '../advance';
import {
  accepted,
  codeOfFailure,
  draftOf,
  eventOf,
  refused,
  type Decision,
  type DecisionContext,
} from '../draft';
import { evolve } from '../evolve';
import { invariant } from '../../invariant';
import { hasEnded, type RunState } from '../state';

/** Begins a run, under the id that its key's life gives. */
export function startRun(
  command: CommandOf<'StartRun'>,
  before: RunState | undefined,
  context: DecisionContext,
): Decision {
  const { graph, at, ceilings } = context;
  const { runTimeoutMsMax } = ceilings;
  if (before !== undefined) {
    const state = hasEnded(before) ? `ended as ${before.status}` : `is ${before.status}`;
    const found = `expected a run key that is free, found that run ${command.run} ${state}`;
    return refused('RUN_EXISTS', `${found}; read that run, or choose another key`);
  }
  const violation = graph.checkInput(command.data.input, context.meter);
  if (violation !== null) return refused(codeOfFailure(context, 'INPUT_INVALID'), violation);
  const place = { tenant: command.tenant, run: command.run, sequence: 1 };
  const event = eventOf(place, context, 'RunStarted', {
    workflow: { ...graph.workflow, hash: graph.hash },
    policy: graph.policy,
    input: command.data.input,
    requester: command.actor,
    deadlineAt: graph.timeoutMs === null ? null : at + Math.min(graph.timeoutMs, runTimeoutMsMax),
  });
  const run = evolve(undefined, event);
  invariant(run !== undefined, 'RunStarted makes a run');
  const draft = draftOf(run, context);
  draft.events.push(event);
  begin(draft);
  return accepted(draft);
}
