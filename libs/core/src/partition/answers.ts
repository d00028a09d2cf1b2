import {
  canonicalJson,
  LIMITS,
  rejection,
  type Command,
  type ErrorCode,
  type Json,
  type Rejection,
} from '@fermata/contracts';
import { sha256Hex } from '../digest';
import { answering } from '../run/cause';
import { add, type Batch } from './batch';
import { keyExpiresAt, type RememberedCommand } from './partition-state';

/** Records that a command was refused. */
export function reject(
  batch: Batch,
  command: Command,
  { kind, code, message }: Rejection,
  digest: string | undefined,
): void {
  add(batch, {
    ...answering(batch.at, command, digest),
    id: `rejected/${command.id}`,
    type: 'CommandRejected',
    data: { command: command.type, kind, code, message },
  });
  if (digest !== undefined) keep(batch, command, digest, code, command.run);
}

/**
 * Answers a command that came before from what is remembered (rule R5): the same body changes
 * nothing, another body under the same id is a conflict, and one too old to be remembered is
 * refused, since old copies always come.
 */
export function isRepeated(
  batch: Batch,
  command: Command,
  digest: string,
  mayBeRead: boolean,
): boolean {
  const key = `${command.tenant}/${command.id}`;
  const known = batch.commands.get(key) ?? batch.state.commands.get(key);
  if (known === undefined) {
    const message = whyNotOfNow(batch, command.time);
    if (message === null) return false;
    reject(batch, command, rejection('COMMAND_EXPIRED', message), undefined);
    return true;
  }
  if (known.digest !== digest && !saysTheSame(command, known)) {
    const found = `expected the same body under command id ${command.id}, found another`;
    const message = `${found}; use a new id for a new wish`;
    reject(batch, command, rejection('COMMAND_CONFLICT', message), undefined);
    return true;
  }
  // A retryable no is not the last word on what is sent again, but it is on what is read again.
  if (RETRYABLE.has(known.outcome) && !mayBeRead) return false;
  add(batch, {
    ...answering(batch.at, command),
    id: `duplicated/${command.id}`,
    run: known.run,
    type: 'CommandDuplicated',
    data: { command: command.type, outcome: known.outcome, run: known.run },
  });
  return true;
}

/** Outcomes that may be another at the next try. */
const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode>(['DEFINITION_UNKNOWN', 'OVERLOADED']);

/** A key lives as long as a command of its id may come: so a command's time must be about now. */
export function whyNotOfNow({ at, state }: Batch, time: number): string | null {
  if (time < at - state.keyWindowMs) {
    const found = `expected a command younger than ${state.keyWindowMs} ms, found one of`;
    return `${found} ${at - time} ms; send it anew under a new id`;
  }
  if (time <= at + LIMITS.commandAheadMsMax) return null;
  const found = `expected a command at most ${LIMITS.commandAheadMsMax} ms ahead of log time`;
  return `${found}, found one ${time - at} ms ahead; set the clocks, then send it again`;
}

/** Remembers what came of a keyed command. */
export function keep(
  batch: Batch,
  command: Command,
  digest: string,
  outcome: string,
  run: string,
): void {
  const expiresAt = keyExpiresAt(batch.state, batch.at);
  batch.commands.set(`${command.tenant}/${command.id}`, { digest, outcome, run, expiresAt });
}

/**
 * Digest of what the sender of a keyed command said: a repeated id with another one is a conflict.
 * What an edge found out before it sent the command, such as a workflow's newest version, may be
 * another at an honest repetition, and is no part of it.
 */
export function digestOf(command: Command): string {
  return digestOfData(command, saidBy(command));
}

function saidBy(command: Command): Json {
  if (command.type === 'DecideGate') {
    const { groups: _, ...said } = command.data;
    return said as Json;
  }
  if (command.type !== 'StartRun' || command.data.asked === undefined) return command.data as Json;
  return { asked: command.data.asked, input: command.data.input };
}

function digestOfData({ type, run }: Command, data: Json): string {
  return sha256Hex(canonicalJson({ type, run, data }));
}

/** Whether the same command was remembered by a release that took in what its edge found out. */
function saysTheSame(command: Command, { digest }: RememberedCommand): boolean {
  const { asked: _, ...data } = command.data as { readonly asked?: string } & Record<string, Json>;
  return digest === digestOfData(command, data);
}
