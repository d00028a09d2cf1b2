import type { Command, CommandOf } from '@fermata/contracts';
import { attemptProgress } from './commands/attempt-progress';
import { attemptResult } from './commands/attempt-result';
import { controlRun } from './commands/control-run';
import { decideGate } from './commands/decide-gate';
import { releaseAttempt } from './commands/release-attempt';
import { startRun } from './commands/start-run';
import { refused, type Decision, type DecisionContext } from './draft';
import type { RunState } from './state';

/** A command on a run; what only takes a key is on none. */
export type RunCommand = Exclude<Command, CommandOf<'ReserveKey'>>;

/**
 * What comes of a command: events, a recorded no, or nothing. Pure (rule R2): it knows the run as
 * it stands and the moment that the owner stamped, and nothing else.
 */
export function decide(
  command: RunCommand,
  run: RunState | undefined,
  context: DecisionContext,
): Decision {
  if (command.type === 'StartRun') return startRun(command, run, context);
  if (run === undefined) {
    const found = `expected a run of tenant ${command.tenant}, found no "${command.run}"`;
    return refused('NOT_FOUND', `${found}; check the id`);
  }
  if (
    run.status === 'quarantined' &&
    command.type !== 'ReleaseRun' &&
    command.type !== 'CancelRun'
  ) {
    const found = `expected a run that may go on, found ${run.run} in quarantine`;
    return refused('RUN_QUARANTINED', `${found}; an operator must release or cancel it`);
  }
  switch (command.type) {
    case 'CancelRun':
    case 'PauseRun':
    case 'ResumeRun':
    case 'ReleaseRun':
      return controlRun(command, run, context);
    case 'HeartbeatAttempt':
    case 'IntendEffect':
      return attemptProgress(command, run, context);
    case 'ReleaseAttempt':
      return releaseAttempt(command, run, context);
    case 'CompleteAttempt':
    case 'FailAttempt':
      return attemptResult(command, run, context);
    case 'DecideGate':
      return decideGate(command, run, context);
  }
}
