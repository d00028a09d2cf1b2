import { z } from 'zod';
import { name, principal, runId, digest, tenantId, timestamp, version } from './ids';
import { json } from './json';
import { LIMITS } from './limits';
import { COMMANDS_OF_STEPS } from './steps/kinds';
import { reason } from './steps/parts';

/**
 * The commands, by name: each a wire type and the schema of its data. A command's run is its
 * subject and its tenant and actor stand in the envelope.
 */
export const COMMANDS = {
  /** Start a run of a workflow. The subject is the run's key. */
  StartRun: {
    wire: 'fermata.run.start.v1',
    data: z.strictObject({
      workflow: z.strictObject({ name, version, hash: digest }),
      /** The workflow as its caller named it; what that stood for then may be another later. */
      asked: z.string().min(1).max(LIMITS.idCharsMax).optional(),
      input: json,
    }),
  },
  /**
   * An edge takes a caller's idempotency key for a request, before it sends that itself: it may go
   * to any partition, the key has one of its own. The subject is a name that only the key has.
   */
  ReserveKey: {
    wire: 'fermata.key.reserve.v1',
    data: z.strictObject({
      /** Digest of what the caller said: "wish" is the request's older name, which logs keep. */
      wish: digest,
    }),
  },
  CancelRun: { wire: 'fermata.run.cancel.v1', data: z.strictObject({ reason: reason.optional() }) },
  PauseRun: { wire: 'fermata.run.pause.v1', data: z.strictObject({ reason: reason.optional() }) },
  ResumeRun: { wire: 'fermata.run.resume.v1', data: z.strictObject({ reason: reason.optional() }) },
  /** An operator lets a quarantined run go on. */
  ReleaseRun: { wire: 'fermata.run.release.v1', data: z.strictObject({ reason }) },
  ...COMMANDS_OF_STEPS,
} as const;

/** Name of a command. */
export type CommandType = keyof typeof COMMANDS;

/** What every command says beside its data. */
export const commandEnvelope = z.strictObject({
  id: z.string().min(1).max(LIMITS.idCharsMax),
  source: z.string().min(1).max(400),
  tenant: tenantId,
  /** The run; for StartRun its key. */
  run: runId,
  /** When its sender made it. */
  time: timestamp,
  actor: principal,
  correlationId: z.string().min(1).max(LIMITS.idCharsMax),
  traceparent: z.string().max(55).optional(),
  /** Signature of the sending service over the body. */
  signature: z.string().max(400).optional(),
  /** How often this command was forwarded to another partition. */
  hops: z.int().min(0).max(9).optional(),
});
/** What every command says beside its data. */
export type CommandEnvelope = z.infer<typeof commandEnvelope>;

/** Data of the command with name `T`, as its sender gives it. */
export type CommandData<T extends CommandType> = z.input<(typeof COMMANDS)[T]['data']>;

/** Data of the command with name `T`, as it was read. */
type ReadData<T extends CommandType> = z.output<(typeof COMMANDS)[T]['data']>;

/** The command with name `T`: a request, with its envelope. */
export type CommandOf<T extends CommandType> = {
  [K in T]: CommandEnvelope & { readonly type: K; readonly data: Readonly<ReadData<K>> };
}[T];

/** Any command. */
export type Command = CommandOf<CommandType>;

/** Makes the command that its name, its envelope and its data say. */
export function commandOf<T extends CommandType>(
  type: T,
  envelope: CommandEnvelope,
  data: CommandData<T>,
): CommandOf<T> & Command;
export function commandOf(type: CommandType, envelope: CommandEnvelope, data: object): object {
  return { ...envelope, type, data };
}

/** Commands whose repetition is told by a remembered key; the others by the run's own state. */
export const KEYED_COMMANDS: ReadonlySet<CommandType> = new Set<CommandType>([
  'StartRun',
  'ReserveKey',
  'CancelRun',
  'PauseRun',
  'ResumeRun',
  'ReleaseRun',
  'DecideGate',
]);
