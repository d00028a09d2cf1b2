import { z } from 'zod';
import { agentDefinition } from './agents/kinds';
import { duration } from './duration';
import { name, stepId, version } from './ids';
import { LIMITS } from './limits';
import { FIELDS_OF_STEPS } from './steps/kinds';
import { backoff, expression, expressionFields, jsonSchema, onDue } from './steps/parts';

/** `name@version` of a definition. */
export const reference = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,99}@[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$/, 'expected name@version');

/** One step of a workflow: performed by an agent, or a gate. */
export const stepDefinition = z.strictObject({
  description: z.string().max(1_000).optional(),
  needs: z.array(stepId).max(LIMITS.fanOutMax).optional(),
  when: expression.optional(),
  ...FIELDS_OF_STEPS,
});
/** One step of a workflow. */
export type StepDefinition = z.infer<typeof stepDefinition>;

/** A workflow: a versioned graph of steps. */
export const workflowDefinition = z.strictObject({
  name,
  version,
  description: z.string().max(4_000).optional(),
  policy: reference,
  timeout: duration.optional(),
  input: jsonSchema.optional(),
  steps: z.record(stepId, stepDefinition).meta({ minProperties: 1 }),
  checkpoints: z
    .record(z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/), z.array(stepId).min(1))
    .optional(),
  output: expressionFields.optional(),
});
/** A workflow: a versioned graph of steps. */
export type WorkflowDefinition = z.infer<typeof workflowDefinition>;

/** When a policy holds a step for a person before it may start. */
export const policyGate = z.union([
  z.literal('never'),
  z.literal('always'),
  z.strictObject({ when: expression }),
]);

/** What a policy says of the steps of one risk class. */
export const classPolicy = z.strictObject({
  attemptsMax: z.int().min(1).max(LIMITS.attemptsMax),
  backoff,
  timeout: duration,
  lease: duration.optional(),
  gate: policyGate.optional(),
});

/** Versioned rules that are consulted before a step runs; each event they influenced names them. */
export const policyDefinition = z.strictObject({
  name,
  version,
  description: z.string().max(4_000).optional(),
  classes: z.strictObject({
    reasoning: classPolicy,
    read: classPolicy,
    effect: classPolicy,
  }),
  approvers: z.strictObject({ groups: z.array(name).min(1), due: duration, onDue }).optional(),
});
/** Versioned rules that are consulted before a step runs. */
export type PolicyDefinition = z.infer<typeof policyDefinition>;

/**
 * A workflow with the policy and the agents it uses: what a run is pinned to. Its `hash` is the
 * SHA-256 of its canonical JSON, so that a log explains itself.
 */
export const definition = z.strictObject({
  workflow: workflowDefinition,
  policy: policyDefinition,
  agents: z.array(agentDefinition),
});
/** A workflow with the policy and the agents it uses. */
export type Definition = z.infer<typeof definition>;

/** Name under which the log keeps the newest text of a definition, by its hash. */
export function nameOfDefinition(hash: string): string {
  return `definition-hash/${hash}`;
}
