import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  ERROR_CODES,
  Fault,
  type CommandData,
  type CommandType,
  type Command,
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

/** What a caller at the edge wants. */
export interface Wish<T extends CommandType> {
  readonly type: T;
  readonly run: string;
  readonly data: CommandData<T>;
  readonly caller: Identity;
  /** The same for a repeated wish; without one each request is a wish of its own. */
  readonly id?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly source: string;
}

/**
 * Sends a caller's wish and gives its outcome once the read model knows it, so that who writes
 * can read what was written. Null when no outcome was heard in time; a refusal is a fault.
 */
export async function askFor<T extends CommandType>(
  desk: CommandDesk,
  waitForProjection: WaitForProjection,
  wish: Wish<T>,
): Promise<Outcome | null> {
  const { type, run, caller } = wish;
  const parent = traceparentIn(wish.traceparent);
  const attributes = { 'fermata.run': run, 'fermata.command': type };
  const options = { kind: SpanKind.PRODUCER, parent, attributes };
  return inSpan(`send ${type}`, options, async (traceparent) => {
    const id = wish.id ?? randomUUID();
    const command = {
      id,
      source: wish.source,
      tenant: caller.tenant,
      run,
      time: Date.now(),
      actor: caller.principal,
      correlationId: id,
      ...(traceparent === undefined ? {} : { traceparent }),
      type,
      data: wish.data,
    } as unknown as Command;
    const outcome = await desk.ask(command);
    if (outcome === null) return null;
    refuse(outcome);
    await waitForProjection(outcome.partition, outcome.place);
    return outcome;
  });
}

/** Throws what the log refused, or refused before. */
function refuse({ event }: Outcome): void {
  if (event.type === 'CommandRejected') throw fault(event.data.code, event.data.message);
  if (event.type !== 'CommandDuplicated' || event.data.outcome === 'accepted') return;
  const { outcome } = event.data;
  const found = `expected a new wish, found one that was refused before with ${outcome}`;
  const isForNow = ERROR_CODES[outcome as keyof typeof ERROR_CODES] === 'UNAVAILABLE';
  const remedy = isForNow ? 'send it again in a moment' : 'change it and send it under a new key';
  throw fault(outcome, `${found}; ${remedy}`);
}

function fault(code: string, message: string): Fault {
  return new Fault(code in ERROR_CODES ? (code as keyof typeof ERROR_CODES) : 'NOT_FOUND', message);
}
