import type { Command, EventEnvelope } from '@fermata/contracts';

/** Whose work is done: a command, or what is due without one. */
export type Subject = Pick<Command, 'id' | 'tenant' | 'run' | 'correlationId' | 'actor'> & {
  readonly traceparent?: string | undefined;
};

/** What all events say alike that one command or timer causes. */
export type Cause = Omit<EventEnvelope, 'id' | 'tenant' | 'run' | 'sequence'>;

/**
 * Why events are written, and when. The digest is that of a keyed command: it says which first
 * event answers it.
 */
export function causeOf(at: number, subject: Subject, digest?: string): Cause {
  const { id, correlationId, actor, traceparent } = subject;
  return {
    at,
    causationId: id,
    correlationId,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(digest === undefined ? {} : { commandDigest: digest }),
  };
}

/** Envelope of an answer to a command: it stands outside of any run's history. */
export function answering(at: number, subject: Subject, digest?: string) {
  const { tenant, run } = subject;
  return { tenant, run, sequence: 0, ...causeOf(at, subject, digest) };
}
