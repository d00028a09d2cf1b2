import {
  durationMs,
  type OnDue,
  type PolicyDefinition,
  type StepDefinition,
} from '@fermata/contracts';
import type { Approvers } from '../steps/kind';

/** How long a runner's claim lasts unless the policy says otherwise. */
const LEASE_MS = 15_000;
const DAY_MS = 86_400_000;

/** Whom a gate asks when the policy names nobody. */
const OPERATORS: Approvers = {
  groups: ['operators'],
  dueMs: 2 * DAY_MS,
  onDue: 'reject' satisfies OnDue,
};

/** What a policy's class and a step say together of its attempts. */
export interface StepPolicy {
  readonly attemptsMax: number;
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly timeoutMs: number;
  readonly leaseMs: number;
  /** Whom a gate of the policy, or an effect in doubt, asks. */
  readonly approvers: Approvers;
}

/** What the policy says of a step of its class, with what the step itself says on top. */
export function stepPolicy(
  policy: PolicyDefinition,
  risk: 'reasoning' | 'read' | 'effect',
  step: StepDefinition,
): StepPolicy {
  const rules = policy.classes[risk];
  const { initial, factor, max } = step.retry?.backoff ?? rules.backoff;
  return {
    attemptsMax: step.retry?.attemptsMax ?? rules.attemptsMax,
    backoff: { initialMs: durationMs(initial), factor, maxMs: durationMs(max) },
    timeoutMs: durationMs(step.timeout ?? rules.timeout),
    leaseMs: rules.lease === undefined ? LEASE_MS : durationMs(rules.lease),
    approvers: approversOf(policy),
  };
}

function approversOf(policy: PolicyDefinition): Approvers {
  if (policy.approvers === undefined) return OPERATORS;
  const { groups, due, onDue } = policy.approvers;
  return { groups, dueMs: durationMs(due), onDue };
}
