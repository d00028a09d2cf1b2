import {
  CEILINGS,
  encodeEvent,
  KEYED_COMMANDS,
  LIMITS,
  rejection,
  type Command,
  type CommandOf,
  type Rejection,
  type WireRecord,
} from '@fermata/contracts';
import type { Graph } from '../graph/graph';
import { Meter } from '../meter';
import { answering, causeOf, type Subject } from '../run/cause';
import { decide } from '../run/decide';
import {
  draftOf,
  emit,
  refused,
  type Decision,
  type DecisionContext,
  type TenantRoom,
} from '../run/draft';
import { hasEnded, type RunState } from '../run/state';
import {
  add,
  heldOf,
  isForgotten,
  runOf,
  setRun,
  sizeOf,
  type Batch,
  type LoadedDefinition,
} from './batch';
import { digestOf, isRepeated, keep, reject } from './answers';
import { runKeyOf } from './partition-state';
import { growthBy } from './held';
import { heldBytesMax, roomFor, whyNoRoom } from './tenant-room';

/**
 * Decides one command and adds what comes of it to the batch. `mayBeRead`: an earlier owner may
 * have read the same record, and decided it.
 */
export function decideCommand(batch: Batch, command: Command, mayBeRead = false): void {
  const keyed = KEYED_COMMANDS.has(command.type);
  const digest = keyed ? digestOf(command) : undefined;
  if (digest !== undefined && isRepeated(batch, command, digest, mayBeRead)) return;
  if (command.type === 'ReserveKey') {
    reserveKey(batch, command, digestOf(command));
    return;
  }
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
  const isNew = named.type === 'StartRun' && before === undefined;
  const noRoom = isNew ? whyNoRoom(batch, named.tenant) : null;
  if (noRoom !== null) {
    reject(batch, named, noRoom, digest);
    return;
  }
  const decided = decide(named, before, context);
  batch.steps += context.meter.spent;
  const { decision, encoded } = boundedTo(batch, decided, before, context);
  if (decision.kind === 'rejected') reject(batch, named, decision.rejection, digest);
  if (decision.kind !== 'accepted') return;
  if (named.type === 'StartRun') recordDefinition(batch, named, loaded);
  accept(batch, key, decision, encoded);
  if (digest !== undefined) keep(batch, command, digest, 'accepted', named.run);
}

/** Quarantines a run whose state broke an invariant, so that the others go on (rule R7). */
export function quarantine(batch: Batch, subject: Subject, message: string): void {
  const key = runKeyOf(subject.tenant, subject.run);
  const run = runOf(batch, key);
  if (run === undefined || hasEnded(run)) {
    if (isCommand(subject)) {
      reject(batch, subject, rejection('RUN_QUARANTINED', message), undefined);
    }
    return;
  }
  const draft = draftOf(run, causeOf(batch.at, subject));
  emit(draft, 'RunQuarantined', { code: 'RUN_QUARANTINED', message });
  for (const event of draft.events) add(batch, event);
  setRun(batch, key, draft.run);
}

/**
 * Quarantines a run whose definition this release can't read. What is asked of it from then on is
 * refused, since nothing of it can be decided.
 */
export function quarantineUnreadable(batch: Batch, subject: Subject, message: string): void {
  const run = runOf(batch, runKeyOf(subject.tenant, subject.run));
  if (run?.status !== 'quarantined') return quarantine(batch, subject, message);
  if (isCommand(subject)) {
    reject(batch, subject, rejection('RUN_QUARANTINED', message), undefined);
  }
}

function isCommand(subject: Subject): subject is Command {
  return 'type' in subject;
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

/** A caller's key is this request's from now on: its own partition tells repetitions of it. */
function reserveKey(batch: Batch, command: CommandOf<'ReserveKey'>, digest: string): void {
  const { wish } = command.data;
  add(batch, {
    ...answering(batch.at, command, digest),
    id: `reserved/${command.id}`,
    type: 'KeyReserved',
    data: { wish },
  });
  keep(batch, command, digest, 'accepted', command.run);
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
    ...answering(batch.at, command),
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

/**
 * A decision whose events no append could hold, or whose run would hold more than its tenant's
 * runs may, ends its run instead: the partition must go on.
 */
export function boundedTo(
  batch: Batch,
  decision: Decision,
  run: RunState | undefined,
  context: DecisionContext,
): Bounded {
  if (decision.kind !== 'accepted') return { decision, encoded: [] };
  const encoded = decision.events.map(encodeEvent);
  const bytes = encoded.reduce((sum, record) => sum + sizeOf(record), 0);
  const found = whyTooMuch(batch, decision, run, bytes);
  if (found === null) return { decision, encoded };
  const message = `${found}; hand large data over by reference`;
  if (run === undefined) {
    return { decision: refused('LIMIT_EXCEEDED', message), encoded: [] };
  }
  const failed = failedRun(run, context, message);
  return { decision: failed, encoded: failed.events.map(encodeEvent) };
}

/** What has begun may hold twice as much as what lets another begin: it needs room to end. */
function whyTooMuch(
  batch: Batch,
  { events, run: after }: Decision & { kind: 'accepted' },
  before: RunState | undefined,
  bytes: number,
): string | null {
  const { decisionBytesMax } = LIMITS;
  if (bytes > decisionBytesMax) {
    return `expected a decision of at most ${decisionBytesMax} bytes, found ${bytes}`;
  }
  const growth = growthBy(events, before, after);
  if (growth <= 0) return null;
  const [held, max] = [heldOf(batch, after.tenant) + growth, 2 * heldBytesMax(batch)];
  if (held <= max) return null;
  return `expected open runs of tenant ${after.tenant} that hold at most ${max} bytes, found ${held}`;
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
  const growth = growthBy(events, runOf(batch, key), run);
  if (growth > 0) batch.grown.set(run.tenant, (batch.grown.get(run.tenant) ?? 0) + growth);
  setRun(batch, key, run);
}

export function contextOf(
  batch: Batch,
  subject: Subject,
  graph: Graph,
  room: TenantRoom,
  digest?: string,
): DecisionContext {
  return {
    ...causeOf(batch.at, subject, digest),
    graph,
    room,
    ceilings: batch.limits.ceilings ?? CEILINGS,
    meter: new Meter(),
  };
}
