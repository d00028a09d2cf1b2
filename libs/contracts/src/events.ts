import { z } from 'zod';
import { definition } from './definition';
import { REJECTION_KINDS } from './error-codes';
import { digest, name, principal, stepPath, timestamp, version } from './ids';
import { json } from './json';
import { EVENTS_OF_STEPS } from './steps/kinds';
import { code, message, policyRef } from './steps/parts';

const hashed = z.strictObject({ name, version, hash: digest });

/**
 * The events, by name: each a wire type and the schema of its data. To add an event write it
 * here; the compiler then names every place that must know it.
 */
export const EVENTS = {
  RunStarted: {
    wire: 'fermata.run.started.v1',
    data: z.strictObject({
      workflow: hashed,
      policy: policyRef,
      input: json,
      requester: principal,
      deadlineAt: timestamp.nullable(),
    }),
  },
  RunPaused: { wire: 'fermata.run.paused.v1', data: z.strictObject({ reason: message }) },
  /** `heldMs` is how long the run was paused: what its waiting timers move by. */
  RunResumed: {
    wire: 'fermata.run.resumed.v1',
    data: z.strictObject({ reason: message, heldMs: z.int().min(0) }),
  },
  RunCompleted: { wire: 'fermata.run.completed.v1', data: z.strictObject({ output: json }) },
  RunFailed: {
    wire: 'fermata.run.failed.v1',
    data: z.strictObject({ step: stepPath.nullable(), code, message }),
  },
  RunRejected: {
    wire: 'fermata.run.rejected.v1',
    data: z.strictObject({ step: stepPath, gate: z.string(), code, reason: message }),
  },
  RunTimedOut: {
    wire: 'fermata.run.timed-out.v1',
    data: z.strictObject({ deadlineAt: timestamp }),
  },
  /** `unsettled` lists effects whose outcome was unknown when the run was cancelled. */
  RunCancelled: {
    wire: 'fermata.run.cancelled.v1',
    data: z.strictObject({
      reason: message,
      unsettled: z.array(z.strictObject({ step: stepPath, key: digest })),
    }),
  },
  RunQuarantined: { wire: 'fermata.run.quarantined.v1', data: z.strictObject({ code, message }) },
  RunReleased: { wire: 'fermata.run.released.v1', data: z.strictObject({ reason: message }) },

  StepSkipped: { wire: 'fermata.step.skipped.v1', data: z.strictObject({ step: stepPath }) },
  StepCompleted: {
    wire: 'fermata.step.completed.v1',
    data: z.strictObject({ step: stepPath, attempt: z.int().min(0), output: json }),
  },
  StepFailed: {
    wire: 'fermata.step.failed.v1',
    data: z.strictObject({ step: stepPath, attempt: z.int().min(0), code, message }),
  },

  ...EVENTS_OF_STEPS,

  CheckpointReached: {
    wire: 'fermata.checkpoint.reached.v1',
    data: z.strictObject({ label: z.string(), steps: z.array(stepPath) }),
  },

  CommandRejected: {
    wire: 'fermata.command.rejected.v1',
    data: z.strictObject({
      command: z.string(),
      kind: z.enum(REJECTION_KINDS),
      code,
      message,
    }),
  },
  /** A caller's idempotency key is that of one request, by the digest ("wish") of what was said. */
  KeyReserved: { wire: 'fermata.key.reserved.v1', data: z.strictObject({ wish: digest }) },
  /** Told, at a limited rate, to senders that can only read the log. */
  CommandDuplicated: {
    wire: 'fermata.command.duplicated.v1',
    data: z.strictObject({ command: z.string(), outcome: code, run: z.string() }),
  },

  /** A scheduler takes a partition over. Carries no seq and no position of its own. */
  PartitionClaimed: {
    wire: 'fermata.partition.claimed.v1',
    data: z.strictObject({
      owner: z.string(),
      nonce: z.string(),
      partitions: z.int().min(1),
      /** Offset of the last command that this owner decided alone and lived through. */
      survived: z.int().min(0).optional(),
    }),
  },
  /** `deciding` is the offset of a command that the owner now decides, and nothing else. */
  PositionAdvanced: {
    wire: 'fermata.partition.advanced.v1',
    data: z.strictObject({ deciding: z.int().min(0).optional() }),
  },
  /** A definition stands on the partition's log before the first event that needs it. */
  DefinitionRecorded: {
    wire: 'fermata.definition.recorded.v1',
    data: z.strictObject({ hash: digest, definition }),
  },
} as const;

/** Name of an event. */
export type EventType = keyof typeof EVENTS;

/** Data of the event with name `T`. */
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]['data']>;

/** An event's name and data, before it has a place in a run. */
export type EventBody<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly data: Readonly<EventData<K>> };
}[T];

/** What every event says beside its data. */
export interface EventEnvelope {
  /** Derives from run and sequence: `run#sequence`. */
  readonly id: string;
  /** Null for records of the partition itself, which no tenant sees. */
  readonly tenant: string | null;
  /** The run's id, or `partition/N`. */
  readonly run: string;
  /** Number of this event in its run, from 1; 0 for records outside a run's history. */
  readonly sequence: number;
  /** When the owner stamped it, milliseconds since the Unix epoch. */
  readonly at: number;
  /** The command (or timer) that caused it. */
  readonly causationId: string;
  readonly correlationId: string;
  /** Who sent the command. */
  readonly actor: string;
  readonly traceparent?: string;
  /** Digest of the causing command's body, on the first event of a keyed command. */
  readonly commandDigest?: string;
}

/** The event with name `T`: a fact, with its envelope. */
export type EventOf<T extends EventType> = EventEnvelope &
  { [K in T]: EventBody<K> & { readonly tenant: TenantOf<K> } }[T];

/** Whose an event is: a run is always somebody's. */
type TenantOf<T extends EventType> = T extends RunEventType ? string : string | null;

/** Any event. */
export type Event = EventOf<EventType>;

const OF_PARTITION = ['PartitionClaimed', 'PositionAdvanced', 'DefinitionRecorded'] as const;
const ANSWERS = ['CommandRejected', 'CommandDuplicated', 'KeyReserved'] as const;

/** Events that belong to the partition itself. */
export type PartitionEventType = (typeof OF_PARTITION)[number];
/** Answers to commands: outside any run's history. */
export type AnswerType = (typeof ANSWERS)[number];
/** Events of a run's history. */
export type RunEventType = Exclude<EventType, PartitionEventType | AnswerType>;
/** Any event of a run's history. */
export type RunEvent = EventOf<RunEventType>;

/** Makes the event of a run that its name, its envelope and its data say. */
export function runEventOf<T extends RunEventType>(
  type: T,
  envelope: EventEnvelope & { readonly tenant: string },
  data: EventData<T>,
): EventOf<T> & RunEvent;
export function runEventOf(type: RunEventType, envelope: EventEnvelope, data: object): object {
  return { ...envelope, type, data };
}

const OUTSIDE_RUNS: ReadonlySet<EventType> = new Set([...OF_PARTITION, ...ANSWERS]);

/** Whether an event belongs to a run's history. */
export function isRunEvent(event: Event): event is RunEvent {
  return !OUTSIDE_RUNS.has(event.type);
}
