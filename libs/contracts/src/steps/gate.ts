import { z } from 'zod';
import { duration } from '../duration';
import { digest, name, principal, stepPath, timestamp } from '../ids';
import { json, jsonObject } from '../json';
import { LIMITS } from '../limits';
import {
  attemptNumber as attempt,
  expressionFields,
  jsonSchema,
  message,
  onDue,
  policyRef,
  policyRule,
  reason,
} from './parts';

/** A point where a run holds for a person. */
export const gateDefinition = z.strictObject({
  title: z.string().min(1).max(200),
  groups: z.array(name).min(1),
  show: expressionFields,
  due: duration,
  onDue: onDue,
  editable: jsonSchema.optional(),
});

/** Where and why an effect was left without a known outcome. */
const effect = z.strictObject({ key: digest, digest, attempt });

const events = {
  GateOpened: {
    wire: 'fermata.gate.opened.v1',
    data: z.strictObject({
      step: stepPath,
      gate: z.string(),
      /** A gate step; a gate that the policy asks for; or an effect in doubt. */
      cause: z.enum(['review', 'policy', 'doubt']),
      title: z.string(),
      groups: z.array(name).min(1),
      shown: json,
      shownDigest: digest,
      editable: jsonObject.nullable(),
      requester: principal,
      policy: policyRef,
      dueAt: timestamp,
      onDue,
      effect: effect.nullable(),
      /** What wants it asked; none when the workflow's author does. */
      rule: policyRule,
    }),
  },
  GateEscalated: {
    wire: 'fermata.gate.escalated.v1',
    data: z.strictObject({
      step: stepPath,
      gate: z.string(),
      groups: z.array(name),
      dueAt: timestamp,
      rule: policyRule,
    }),
  },
  GateDecided: {
    wire: 'fermata.gate.decided.v1',
    data: z.strictObject({
      step: stepPath,
      gate: z.string(),
      decision: z.enum(['approve', 'reject', 'retry']),
      approver: principal,
      groups: z.array(name),
      /** The data approved: as shown, or as the approver edited it. */
      data: json,
      edited: z.boolean(),
      dataDigest: digest,
      reason: z.string().nullable(),
      policy: policyRef,
      /** What let this approver decide. */
      rule: policyRule,
    }),
  },
  GateExpired: {
    wire: 'fermata.gate.expired.v1',
    data: z.strictObject({
      step: stepPath,
      gate: z.string(),
      dueAt: timestamp,
      policy: policyRef,
      rule: policyRule,
    }),
  },
  /** The question went away: the late outcome of an effect in doubt settled it. */
  GateWithdrawn: {
    wire: 'fermata.gate.withdrawn.v1',
    data: z.strictObject({ step: stepPath, gate: z.string(), reason: message }),
  },
} as const;

const commands = {
  /** What a person answered at a gate. `retry` is for a gate of an effect in doubt. */
  DecideGate: {
    wire: 'fermata.gate.decide.v1',
    data: z.strictObject({
      gate: z.string().min(1).max(LIMITS.gateIdCharsMax),
      decision: z.enum(['approve', 'reject', 'retry']),
      data: json.optional(),
      reason: reason.optional(),
      approver: principal,
      groups: z.array(name).max(100),
    }),
  },
} as const;

/** A step that holds for a person. Its events also tell of the gates of other steps. */
export const gateStep = {
  is: 'a gate, which a person performs',
  fields: { gate: gateDefinition.optional() },
  events,
  commands,
} as const;
