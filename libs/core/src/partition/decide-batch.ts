import {
  canonicalJson,
  encodeEvent,
  KEYED_COMMANDS,
  LIMITS,
  rejection,
  type Command,
  type ErrorCode,
  type Json,
  type Rejection,
  type WireRecord,
} from '@fermata/contracts';
import { sha256Hex } from '../digest';
import type { Graph } from '../graph/graph';
import { Meter } from '../meter';
import { decide } from '../run/decide';
import {
  draftOf,
  emit,
  refused,
  type Decision,
  type DecisionContext,
  type Room,
} from '../run/draft';
import { hasEnded, type RunState } from '../run/state';
import {
  add,
  isForgotten,
  runOf,
  setRun,
  sizeOf,
  type Batch,
  type LoadedDefinition,
} from './batch';
import { keyExpiresAt, runKeyOf } from './partition-state';
import { hasNoRoom, overloaded, roomFor } from './tenant-room';

/**
 * Decides one command and adds what comes of it to the batch. `mayBeRead`: an earlier owner may
 * have read the same record, and decided it.
 */
export function decideCommand(batch: Batch, command: Command, mayBeRead = false): void {
  const keyed = KEYED_COMMANDS.has(command.type);
  const digest = keyed ? digestOf(command) : undefined;
  if (digest !== undefined && isRepeated(batch, command, digest, mayBeRead)) return;
  const named = command.type === 'StartRun' ? withLife(batch, command) : command;
  const key = runKeyOf(named.tenant, named.run);
  const before = runOf(batch, key);
  const hash = named.type === 'StartRun' ? named.data.workflow.hash : before?.workflow.hash;
  const loaded = hash === undefined ? undefined : batch.definitionOf(hash);
  if (loaded === undefined) {
    reject(batch, named, whyNoGraph(named, hash), digest);
    return;
  }
  const room = roomFor(batch, named.tenant, before);
  const context = contextOf(batch, named, loaded.graph, room, digest);
  if (named.type === 'StartRun' && before === undefined && hasNoRoom(batch, named.tenant)) {
    reject(batch, named, overloaded(batch, named.tenant), digest);
    return;
  }
  const decided = decide(named, before, context);
  batch.steps += context.meter.spent;
  const { decision, encoded } = boundedTo(decided, before, context);
  if (decision.kind === 'rejected') reject(batch, named, decision.rejection, digest);
  if (decision.kind !== 'accepted') return;
  if (named.type === 'StartRun') recordDefinition(batch, named, loaded);
  accept(batch, key, decision, encoded);
  if (digest !== undefined) keep(batch, command, digest, 'accepted', named.run);
}

/** Whose work is done: enough to put a run aside. A command is one. */
export type Subject = Pick<Command, 'id' | 'tenant' | 'run' | 'correlationId' | 'actor'> & {
  readonly traceparent?: string | undefined;
};

/** Puts a run whose state broke an invariant aside, so that the others go on (rule R7). */
export function quarantine(batch: Batch, subject: Subject, message: string): void {
  const key = runKeyOf(subject.tenant, subject.run);
  const run = runOf(batch, key);
  if (run === undefined || hasEnded(run)) {
    if (isCommand(subject)) {
      reject(batch, subject, rejection('RUN_QUARANTINED', message), undefined);
    }
    return;
  }
  const { tenant, run: id, sequence } = run;
  add(batch, {
    ...envelopeOf(batch, subject, undefined),
    id: `${id}#${sequence + 1}`,
    tenant,
    run: id,
    sequence: sequence + 1,
    type: 'RunQuarantined',
    data: { code: 'RUN_QUARANTINED', message },
  });
  setRun(batch, key, { ...run, status: 'quarantined', sequence: sequence + 1 });
}

function isCommand(subject: Subject): subject is Command {
  return 'type' in subject;
}

/** Records that a command was refused. */
export function reject(
  batch: Batch,
  command: Command,
  { kind, code, message }: Rejection,
  digest: string | undefined,
): void {
  add(batch, {
    ...envelopeOf(batch, command, digest),
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
function isRepeated(batch: Batch, command: Command, digest: string, mayBeRead: boolean): boolean {
  const key = `${command.tenant}/${command.id}`;
  const known = batch.commands.get(key) ?? batch.state.commands.get(key);
  if (known === undefined) {
    const message = whyNotOfNow(batch, command.time);
    if (message === null) return false;
    reject(batch, command, rejection('COMMAND_EXPIRED', message), undefined);
    return true;
  }
  if (known.digest !== digest) {
    const found = `expected the same body under command id ${command.id}, found another`;
    const message = `${found}; use a new id for a new wish`;
    reject(batch, command, rejection('COMMAND_CONFLICT', message), undefined);
    return true;
  }
  // A retryable no is not the last word on what is sent again, but it is on what is read again.
  if (RETRYABLE.has(known.outcome) && !mayBeRead) return false;
  add(batch, {
    ...envelopeOf(batch, command, undefined),
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
function whyNotOfNow({ at, state }: Batch, time: number): string | null {
  if (time < at - state.keyWindowMs) {
    const found = `expected a command younger than ${state.keyWindowMs} ms, found one of`;
    return `${found} ${at - time} ms; send it anew under a new id`;
  }
  if (time <= at + LIMITS.commandAheadMsMax) return null;
  const found = `expected a command at most ${LIMITS.commandAheadMsMax} ms ahead of log time`;
  return `${found}, found one ${time - at} ms ahead; set the clocks, then send it again`;
}

/** A key that lived before gives a new id, so that event ids never repeat. */
function withLife(batch: Batch, command: Extract<Command, { type: 'StartRun' }>): typeof command {
  const key = runKeyOf(command.tenant, command.run);
  const first = isForgotten(batch, key) ? 1 : undefined;
  const last = batch.lives.get(key) ?? batch.state.lives.get(key) ?? first;
  if (last === undefined) return command;
  const current = last === 1 ? command.run : `${command.run}~${last}`;
  const taken = runOf(batch, runKeyOf(command.tenant, current)) !== undefined;
  if (taken) return { ...command, run: current };
  batch.lives.set(key, last + 1);
  return { ...command, run: `${command.run}~${last + 1}` };
}

function whyNoGraph(command: Command, hash: string | undefined): Rejection {
  if (hash === undefined) {
    const found = `expected a run of tenant ${command.tenant}, found no "${command.run}"`;
    return rejection('NOT_FOUND', `${found}; check the id`);
  }
  const found = `expected a deployed definition, found none with hash ${hash}`;
  return rejection('DEFINITION_UNKNOWN', `${found}; deploy the workflow, then send this again`);
}

function recordDefinition(batch: Batch, command: Command, loaded: LoadedDefinition): void {
  const { hash } = loaded.graph;
  if (batch.state.definitions.has(hash) || batch.recorded.has(hash)) return;
  batch.recorded.add(hash);
  const subject = `partition/${batch.partition}`;
  add(batch, {
    ...envelopeOf(batch, command, undefined),
    id: `${subject}#${hash}`,
    tenant: null,
    run: subject,
    type: 'DefinitionRecorded',
    data: { hash, definition: loaded.definition },
  });
}

/** A decision with its events as records; one that is too large for any log is replaced. */
export interface Bounded {
  readonly decision: Decision;
  readonly encoded: readonly WireRecord[];
}

/** A decision whose events no append could hold ends its run instead: the partition must go on. */
export function boundedTo(
  decision: Decision,
  run: RunState | undefined,
  context: DecisionContext,
): Bounded {
  if (decision.kind !== 'accepted') return { decision, encoded: [] };
  const encoded = decision.events.map(encodeEvent);
  const bytes = encoded.reduce((sum, record) => sum + sizeOf(record), 0);
  if (bytes <= LIMITS.decisionBytesMax) return { decision, encoded };
  const found = `expected a decision of at most ${LIMITS.decisionBytesMax} bytes, found ${bytes}`;
  const message = `${found}; hand large data over by reference`;
  if (run === undefined) {
    return { decision: refused('LIMIT_EXCEEDED', message), encoded: [] };
  }
  const failed = failedRun(run, context, message);
  return { decision: failed, encoded: failed.events.map(encodeEvent) };
}

function failedRun(run: RunState, context: DecisionContext, message: string) {
  const draft = draftOf(run, context);
  emit(draft, 'RunFailed', { step: null, code: 'LIMIT_EXCEEDED', message });
  return { kind: 'accepted', events: draft.events, run: draft.run } as const;
}

export function accept(
  batch: Batch,
  key: string,
  { events, run }: Decision & { kind: 'accepted' },
  encoded: readonly WireRecord[],
): void {
  for (const [index, event] of events.entries()) add(batch, event, encoded[index]);
  setRun(batch, key, run);
}

function keep(batch: Batch, command: Command, digest: string, outcome: string, run: string): void {
  const expiresAt = keyExpiresAt(batch.state, batch.at);
  batch.commands.set(`${command.tenant}/${command.id}`, { digest, outcome, run, expiresAt });
}

/** Digest of what a keyed command says: a repeated id with another one is a conflict. */
export function digestOf(command: Command): string {
  const data = command.data as Json;
  return sha256Hex(canonicalJson({ type: command.type, run: command.run, data }));
}

export function contextOf(
  batch: Batch,
  subject: Subject,
  graph: Graph,
  room: Room,
  digest?: string,
): DecisionContext {
  const { id, correlationId, actor, traceparent } = subject;
  return {
    at: batch.at,
    graph,
    room,
    meter: new Meter(),
    causationId: id,
    correlationId,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(digest === undefined ? {} : { commandDigest: digest }),
  };
}

function envelopeOf(batch: Batch, subject: Subject, digest: string | undefined) {
  const { id, tenant, run, correlationId, actor, traceparent } = subject;
  return {
    tenant,
    run,
    sequence: 0,
    at: batch.at,
    causationId: id,
    correlationId,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(digest === undefined ? {} : { commandDigest: digest }),
  };
}
