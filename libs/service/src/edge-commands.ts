import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  canonicalJson,
  commandOf,
  ERROR_CODES,
  Fault,
  type CommandData,
  type CommandType,
  type Command,
  type Json,
} from '@fermata/contracts';
import type { Place } from '@fermata/log';
import type { CommandDesk, Outcome } from './command-desk';
import { inSpan, SpanKind, traceparentIn } from './telemetry';
import type { Identity } from './tokens';

/** Waits until the read model has taken in a place of the log. */
export type WaitForProjection = (partition: number, place: Place) => Promise<void>;

/** The caller's `Idempotency-Key`, or undefined without one: an empty header is none. */
export function idempotencyKeyOf(request: IncomingMessage): string | undefined {
  return request.headers['idempotency-key']?.toString() || undefined;
}

/**
 * A caller's `Idempotency-Key`. It is one request of its kind, by one principal of a tenant,
 * wherever the runs lie that it is used for.
 */
export interface CallersKey {
  /** What is requested: `start`, `cancel`, `decide` and so on. */
  readonly kind: string;
  readonly value: string;
  /** All that the caller said: the same key with anything else is a conflict. */
  readonly said: Json;
}

/** What a caller at the edge asks for: it becomes a command. */
export interface CallerRequest<T extends CommandType> {
  readonly type: T;
  readonly run: string;
  readonly data: CommandData<T>;
  readonly caller: Identity;
  /** The same for a repeated request; without it and a key each is one of its own. */
  readonly id?: string | undefined;
  readonly key?: CallersKey | undefined;
  readonly traceparent?: string | undefined;
  readonly source: string;
}

/** The run that a key stands for by itself: in its partition all uses of the key meet. */
export function runOfKey(
  { principal }: Identity,
  { kind, value }: Omit<CallersKey, 'said'>,
): string {
  const prefix = kind === 'start' ? 'run' : 'key';
  return `${prefix}-${digestOfKey(principal, kind, value).slice(0, 16)}`;
}

function digestOfKey(...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 40);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Sends a caller's request and gives its outcome once the read model knows it, so that who writes
 * can read what was written. Null when no outcome was heard in time; a refusal is a fault.
 */
export async function askFor<T extends CommandType>(
  desk: CommandDesk,
  waitForProjection: WaitForProjection,
  request: CallerRequest<T>,
): Promise<Outcome | null> {
  const { type, run } = request;
  const parent = traceparentIn(request.traceparent);
  const attributes = { 'fermata.run': run, 'fermata.command': type };
  const options = { kind: SpanKind.PRODUCER, parent, attributes };
  return inSpan(`send ${type}`, options, async (traceparent) => {
    const traced = { ...request, traceparent };
    const id = request.key === undefined ? request.id : await takeKey(desk, traced, request.key);
    const outcome = await desk.ask(commandOfRequest(traced, id ?? randomUUID()));
    if (outcome === null) return null;
    refuse(outcome, request.key);
    await waitForProjection(outcome.partition, outcome.place);
    return outcome;
  });
}

/** Takes the caller's key for a request, unless that goes where the key does; gives its id. */
async function takeKey<T extends CommandType>(
  desk: CommandDesk,
  request: CallerRequest<T>,
  key: CallersKey,
): Promise<string> {
  const { caller, source, traceparent } = request;
  const id = `${key.kind}/${digestOfKey(caller.principal, key.kind, key.value)}`;
  const run = runOfKey(caller, key);
  if (request.run === run) return id;
  const data = { wish: sha256(canonicalJson(key.said)) };
  const reservation = { type: 'ReserveKey' as const, run, data, caller, source, traceparent };
  const outcome = await desk.ask(commandOfRequest(reservation, id));
  if (outcome === null) {
    const found = `expected the Idempotency-Key "${key.value}" to be taken, found no answer in time`;
    throw new Fault('OVERLOADED', `${found}; send the same request again in a moment`, true);
  }
  refuse(outcome, key);
  return `${id}/wish`;
}

function commandOfRequest<T extends CommandType>(request: CallerRequest<T>, id: string): Command {
  const { type, run, data, caller, source, traceparent } = request;
  const envelope = {
    id,
    source,
    tenant: caller.tenant,
    run,
    time: Date.now(),
    actor: caller.principal,
    // Under one key several may ask at once, and not all the same: each hears its own answer.
    correlationId: randomUUID(),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return commandOf(type, envelope, data);
}

/** Throws what the log refused, or refused before. */
function refuse({ event }: Outcome, key: CallersKey | undefined): void {
  if (event.type === 'CommandRejected') {
    const { code, message } = event.data;
    const isOfKey = code === 'COMMAND_CONFLICT' && key !== undefined;
    throw fault(code, isOfKey ? whyTaken(key) : message);
  }
  if (event.type !== 'CommandDuplicated' || event.data.outcome === 'accepted') return;
  const { outcome } = event.data;
  const found = `expected a new request, found one that was refused before with ${outcome}`;
  const isForNow = ERROR_CODES[outcome as keyof typeof ERROR_CODES] === 'UNAVAILABLE';
  const remedy = isForNow ? 'send it again in a moment' : 'change it and send it under a new key';
  throw fault(outcome, `${found}; ${remedy}`);
}

function whyTaken({ kind, value }: CallersKey): string {
  const found = `expected Idempotency-Key "${value}" with what was said first under it to ${kind}`;
  return `${found}, found something else; use a new key for a new request`;
}

function fault(code: string, message: string): Fault {
  return new Fault(code in ERROR_CODES ? (code as keyof typeof ERROR_CODES) : 'NOT_FOUND', message);
}
