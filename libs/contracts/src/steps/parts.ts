import { z } from 'zod';
import { duration } from '../duration';
import { digest, name, version } from '../ids';
import { jsonObject } from '../json';
import { LIMITS } from '../limits';

/** Decides retries, timeouts, approval and routing of a step. A gate step has class `gate`. */
export const riskClass = z.enum(['reasoning', 'read', 'effect', 'gate']);
/** Risk class of a step. */
export type RiskClass = z.infer<typeof riskClass>;

/** A CEL expression. */
export const expression = z.string().min(1).max(LIMITS.expressionCharsMax);

/** Fields of a value, each given by a CEL expression. */
export const expressionFields = z.record(z.string().min(1).max(100), expression);

/** A JSON Schema (draft 2020-12), as written by the author of a workflow or agent. */
export const jsonSchema = jsonObject;

/** What happens when a gate's due time passes: refuse, or ask another group and then refuse. */
export const onDue = z.union([
  z.literal('reject'),
  z.strictObject({
    escalate: z.strictObject({
      groups: z.array(name).min(1),
      due: duration,
      then: z.literal('reject'),
    }),
  }),
]);
/** What happens when a gate's due time passes. */
export type OnDue = z.infer<typeof onDue>;

/** Waiting time between two attempts: `initial`, times `factor` for each failure, up to `max`. */
export const backoff = z.strictObject({
  initial: duration,
  factor: z.number().min(1).max(10),
  max: duration,
});

/** Number of an attempt, from 1. */
export const attemptNumber = z.int().min(1);

/** One runner process: its nonce is new with each start, so that old claims are foreign to it. */
export const runner = z.string().min(1).max(200);

/** Why somebody did what a command says. */
export const reason = z.string().max(LIMITS.reasonCharsMax);

/** What kind of trouble an event tells of. */
export const code = z.string().min(1).max(64);

/** What an event tells people. */
export const message = z.string();

/**
 * The policy that was consulted; `digest` is the SHA-256 of its canonical JSON. Logs of before have
 * none.
 */
export const policyRef = z.strictObject({ name, version, digest: digest.optional() });
/** The policy that was consulted. */
export type PolicyRef = z.infer<typeof policyRef>;

/**
 * Name of the rule that was consulted: a path in the policy, such as `classes.effect.gate.when`;
 * `default.` and the path when the policy leaves it out; `steps.` and a path when the step says it
 * itself; `fixed.` and a name for what no policy may change. Logs of before have none.
 */
export const policyRule = z.string().min(1).optional();
