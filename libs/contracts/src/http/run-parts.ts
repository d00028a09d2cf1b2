import { z } from 'zod';
import { jsonValue, moment } from './page';

/** Why something did not go well. */
export const problemView = z.object({
  code: z.string().nullable(),
  message: z.string().nullable(),
});

/**
 * Bytes of a value that was left out, since the whole view would be too large; the value stands as
 * null, and the part's own route has it.
 */
const leftOutBytes = z
  .int()
  .optional()
  .describe('Bytes of a value that was left out here, shown as null; read the part by itself');

/** A step in a list. */
export const listedStepView = z.object({
  step: z.string(),
  status: z.string(),
  attempt: z.int(),
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
});
/** A step in a list. */
export type ListedStepView = z.infer<typeof listedStepView>;

/** A step of a run, with its output. */
export const stepView = listedStepView.extend({ output: jsonValue, leftOutBytes });
/** A step of a run, with its output. */
export type StepView = z.infer<typeof stepView>;

/** What the last attempt at a step was given. */
export const stepInputView = z.object({
  step: z.string(),
  attempt: z.int(),
  input: jsonValue,
  definition: z.string(),
  workflow: z.string(),
});
/** What the last attempt at a step was given. */
export type StepInputView = z.infer<typeof stepInputView>;

/** One try at a step. `runner` is a digest: the name itself guards a claim. */
export const attemptView = z.object({
  step: z.string(),
  attempt: z.int(),
  status: z.string(),
  agent: z.string().nullable(),
  capability: z.string().nullable(),
  risk: z.string().nullable(),
  policy: z.string().nullable(),
  idempotencyKey: z.string().nullable(),
  runner: z.string().nullable(),
  scheduledAt: moment.nullable(),
  endedAt: moment.nullable(),
  problem: problemView.optional(),
});
/** One try at a step. */
export type AttemptView = z.infer<typeof attemptView>;

/** A labelled state that a run came to. */
export const listedCheckpointView = z.object({
  label: z.string(),
  steps: z.array(z.string()),
  sequence: z.int(),
  at: moment.nullable(),
});
/** A labelled state that a run came to. */
export type CheckpointView = z.infer<typeof listedCheckpointView>;

/** A labelled state with what its steps had put out by then. */
export const checkpointView = listedCheckpointView.extend({
  outputs: z.record(z.string(), jsonValue),
});

/** A gate, as a run shows it. */
export const gateView = z.object({
  gate: z.string(),
  step: z.string(),
  status: z.string(),
  cause: z.string(),
  title: z.string(),
  groups: z.array(z.string()),
  shown: jsonValue,
  leftOutBytes,
  policy: z.string(),
  openedAt: moment.nullable(),
  dueAt: moment.nullable(),
  closedAt: moment.nullable(),
});
/** A gate, as a run shows it. */
export type GateView = z.infer<typeof gateView>;

/** An event of a run. */
export const eventView = z.object({
  sequence: z.int(),
  type: z.string(),
  at: moment,
  actor: z.string(),
  cause: z.string(),
  traceparent: z.string().nullable(),
  data: z.record(z.string(), jsonValue),
});
/** An event of a run. */
export type EventView = z.infer<typeof eventView>;

/** A row of the audit trail: who, what, when, by which rule of a policy, where, and its seal. */
export const auditView = eventView.extend({
  policy: z.string().nullable(),
  /** The rule that was consulted, such as `classes.effect.gate.when`. */
  rule: z.string().nullable(),
  position: z.object({ partition: z.int(), offset: z.int(), epoch: z.int(), seq: z.int() }),
  previousHash: z.string(),
  hash: z.string(),
});
/** A row of the audit trail. */
export type AuditView = z.infer<typeof auditView>;
