import { KEYED_COMMANDS, rejection, type Command } from '@fermata/contracts';
import { hasEnded } from '../run/state';
import { digestOf, reject, whyNotOfNow } from './answers';
import { runOf, type Batch } from './batch';
import { quarantine } from './decide-batch';
import { runKeyOf } from './partition-state';

/**
 * Refuses a command that its owners could not live through, without deciding it. Its run is
 * quarantined too: what comes next for it would most likely end the next owner.
 */
export function refuseUndecidable(batch: Batch, command: Command, message: string): void {
  const key = `${command.tenant}/${command.id}`;
  // What was answered before keeps its answer, and one so old may have been: it has no key to give.
  const isKnown = batch.commands.has(key) || batch.state.commands.has(key);
  const isFirst = !isKnown && whyNotOfNow(batch, command.time) === null;
  const digest = KEYED_COMMANDS.has(command.type) && isFirst ? digestOf(command) : undefined;
  reject(batch, command, rejection('COMMAND_UNDECIDABLE', message), digest);
  const run = runOf(batch, runKeyOf(command.tenant, command.run));
  if (run === undefined || hasEnded(run) || command.type === 'StartRun') return;
  quarantine(batch, command, message);
}
