import type { CommandOf, StepPath } from '@fermata/contracts';
import { catchUp } from '../advance';
import { accepted, draftOf, emit, refused, type Decision, type DecisionContext } from '../draft';
import { attemptAt } from '../../steps/kind';
import { hasEnded, stepsOf, type RunState } from '../state';

type Control = CommandOf<'CancelRun' | 'PauseRun' | 'ResumeRun' | 'ReleaseRun'>;

/** What a person may do to a whole run. */
export function controlRun(command: Control, run: RunState, context: DecisionContext): Decision {
  if (hasEnded(run)) {
    const found = `expected a run that goes on, found that ${run.run} ended as ${run.status}`;
    return refused('RUN_ENDED', `${found}; start a new run instead`);
  }
  const draft = draftOf(run, context);
  const reason = command.data.reason ?? '';
  switch (command.type) {
    case 'CancelRun':
      emit(draft, 'RunCancelled', { reason, unsettled: unsettledOf(run) });
      return accepted(draft);
    case 'PauseRun':
      if (run.status !== 'running') return notIn(run, 'running', 'RUN_PAUSED');
      emit(draft, 'RunPaused', { reason });
      return accepted(draft);
    case 'ResumeRun':
      if (run.pausedAt === null) return notIn(run, 'paused', 'RUN_NOT_PAUSED');
      emit(draft, 'RunResumed', { reason, heldMs: context.at - run.pausedAt });
      catchUp(draft);
      return accepted(draft);
    case 'ReleaseRun':
      if (run.status !== 'quarantined') return notIn(run, 'quarantined', 'RUN_NOT_PAUSED');
      emit(draft, 'RunReleased', { reason });
      // It was held when it was quarantined: its timers move by the time it stood still.
      if (run.pausedAt !== null) {
        emit(draft, 'RunResumed', { reason, heldMs: context.at - run.pausedAt });
      }
      catchUp(draft);
      return accepted(draft);
  }
}

function notIn(run: RunState, expected: string, code: 'RUN_PAUSED' | 'RUN_NOT_PAUSED'): Decision {
  const found = `expected run ${run.run} to be ${expected}, found it ${run.status}`;
  return refused(code, `${found}; read the run before you try again`);
}

/** Effects that were asked for and whose outcome is not known: the audit must show them. */
function unsettledOf(run: RunState): { step: StepPath; key: string }[] {
  return [...stepsOf(run)].flatMap(([step, state]) => {
    const key = attemptAt(state)?.intent?.key;
    return key === undefined ? [] : [{ step, key }];
  });
}
