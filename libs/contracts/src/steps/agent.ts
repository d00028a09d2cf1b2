import { z } from 'zod';
import { duration } from '../duration';
import { digest, name, stepPath, timestamp, version } from '../ids';
import { json } from '../json';
import { LIMITS } from '../limits';
import {
  attemptNumber as attempt,
  backoff,
  code,
  expressionFields,
  jsonSchema,
  message,
  policyRef,
  policyRule,
  reason,
  riskClass,
  runner,
} from './parts';

/** How often a step may be tried; overrides what the policy says for its class. */
export const retry = z.strictObject({
  attemptsMax: z.int().min(1).max(LIMITS.attemptsMax).optional(),
  backoff: backoff.optional(),
});

const ref = z.strictObject({ name, version });

/** Which step and which of its attempts a runner speaks of. */
const attemptFields = { step: stepPath, attempt, runner };

const events = {
  /**
   * A step that could start must wait, since its tenant has `openAttemptsMax` attempts open in the
   * partition. It starts by itself, the longest waiting first, when one of them is closed.
   */
  StepQueued: {
    wire: 'fermata.step.queued.v1',
    data: z.strictObject({ step: stepPath, openAttemptsMax: z.int().min(1) }),
  },
  /** The task itself: a runner needs nothing else to perform the attempt. */
  AttemptScheduled: {
    wire: 'fermata.attempt.scheduled.v1',
    data: z.strictObject({
      step: stepPath,
      attempt,
      agent: ref,
      capability: name,
      risk: riskClass,
      /** Hash of the run's definition, which holds the agent's address. */
      definition: digest,
      policy: policyRef,
      input: json,
      deadlineAt: timestamp,
      /** Length of a claim on this attempt. */
      leaseMs: z.int().min(1),
      /** The same on every attempt of the step; honoured by the tools of effect steps. */
      idempotencyKey: digest,
    }),
  },
  AttemptClaimed: {
    wire: 'fermata.attempt.claimed.v1',
    data: z.strictObject({ step: stepPath, attempt, runner: z.string(), leaseUntil: timestamp }),
  },
  EffectIntended: {
    wire: 'fermata.effect.intended.v1',
    data: z.strictObject({
      step: stepPath,
      attempt,
      runner: z.string(),
      key: digest,
      digest,
      /** Until then the runner may begin the call. */
      leaseUntil: timestamp,
      /** With no outcome by then the effect is retried if idempotent, and else in doubt. */
      settleBy: timestamp,
    }),
  },
  /** `retryAt` is when the next attempt starts, or null when this one was the last. */
  AttemptFailed: {
    wire: 'fermata.attempt.failed.v1',
    data: z.strictObject({
      step: stepPath,
      attempt,
      code,
      message,
      retryAt: timestamp.nullable(),
      /** True when the runner was lost: such a failure does not use up a try. */
      lost: z.boolean(),
      /** True when the runner stopped and gave the attempt back: then nothing broke it. */
      released: z.boolean().optional(),
      policy: policyRef,
      /** What bounds how often the step is tried; none when the runner was lost. */
      rule: policyRule,
    }),
  },
  /** The first late, repeated or foreign result of an attempt; it changed nothing. */
  ResultIgnored: {
    wire: 'fermata.result.ignored.v1',
    data: z.strictObject({ step: stepPath, attempt, runner: z.string(), code, reason: message }),
  },
} as const;

const commands = {
  /** A runner says that it still works on an attempt; the first time claims the attempt. */
  HeartbeatAttempt: {
    wire: 'fermata.attempt.heartbeat.v1',
    data: z.strictObject({ ...attemptFields }),
  },
  /** A runner asks for the grant to make a call that changes the world outside. */
  IntendEffect: {
    wire: 'fermata.effect.intend.v1',
    data: z.strictObject({ ...attemptFields, digest }),
  },
  /**
   * A runner that stops gives an attempt back that it holds, or has begun and not claimed, unless
   * it was granted its effect: another is scheduled at once, and no try is used up.
   */
  ReleaseAttempt: {
    wire: 'fermata.attempt.release.v1',
    data: z.strictObject({ ...attemptFields }),
  },
  CompleteAttempt: {
    wire: 'fermata.attempt.complete.v1',
    data: z.strictObject({ ...attemptFields, output: json }),
  },
  FailAttempt: {
    wire: 'fermata.attempt.fail.v1',
    data: z.strictObject({
      ...attemptFields,
      code: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'expected a code such as AGENT_FAILED'),
      message: reason,
      retryable: z.boolean(),
      /** Milliseconds the agent asks us to wait before the next attempt. */
      retryAfterMs: z.int().min(0).max(86_400_000).optional(),
    }),
  },
} as const;

/** A step that an agent performs, in attempts. */
export const agentStep = {
  is: 'a step that an agent performs',
  fields: {
    agent: name.optional(),
    capability: name.optional(),
    risk: z.enum(['reasoning', 'read', 'effect']).optional(),
    input: expressionFields.optional(),
    output: jsonSchema.optional(),
    timeout: duration.optional(),
    retry: retry.optional(),
  },
  events,
  commands,
} as const;
