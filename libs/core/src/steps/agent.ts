import type { EventOf, stepKinds } from '@fermata/contracts';
import {
  attemptAt,
  type AfterEvents,
  type AwaitedTurn,
  type HoldRules,
  type OpenAttempt,
  type RetryWait,
  type StepState,
} from './kind';

/** A lease may outlast the deadline: whether its holder lives is known at its end at the latest. */
const attempt: HoldRules<OpenAttempt> = {
  dueAt: ({ intent, claim, deadlineAt }) => intent?.settleBy ?? claim?.leaseUntil ?? deadlineAt,
  // It never stopped.
  resumed: (held) => held,
};

const retry: HoldRules<RetryWait> = {
  dueAt: ({ at }, isPaused) => (isPaused ? null : at),
  resumed: (held, heldMs) => ({ ...held, at: held.at + heldMs }),
};

/** Room among the tenant's attempts is waited for; no moment brings it. */
const turn: HoldRules<AwaitedTurn> = { dueAt: () => null, resumed: (held) => held };

/** What a step that an agent performs waits for. */
export const agentHolds = { attempt, retry, turn };

/** An ignored result is remembered by its run: it changes no step. */
type OfAgent = Exclude<keyof (typeof stepKinds)['agent']['events'], 'ResultIgnored'>;

/** What the events of attempts make of their step. */
export const afterAgentEvents: AfterEvents<OfAgent> = {
  StepQueued: (step, { at }) => ({ ...step, status: 'queued', held: { kind: 'turn', since: at } }),
  AttemptScheduled: scheduled,
  AttemptClaimed: claimed,
  EffectIntended: intended,
  AttemptFailed: failed,
};

function scheduled(step: StepState, { data }: EventOf<'AttemptScheduled'>): StepState {
  const { attempt: number, deadlineAt } = data;
  const held = { kind: 'attempt', number, deadlineAt, claim: null, intent: null } as const;
  return { ...step, status: 'scheduled', attempt: number, held };
}

function claimed(step: StepState, { data }: EventOf<'AttemptClaimed'>): StepState {
  const { runner, leaseUntil } = data;
  const open = attemptAt(step);
  if (open?.number !== data.attempt) return step;
  const moved = leaseUntil - (open.claim?.leaseUntil ?? leaseUntil);
  const intent = open.intent && { ...open.intent, settleBy: open.intent.settleBy + moved };
  return { ...step, held: { ...open, claim: { runner, leaseUntil }, intent } };
}

function intended(step: StepState, { data }: EventOf<'EffectIntended'>): StepState {
  const { runner, leaseUntil, settleBy, key, digest } = data;
  const open = attemptAt(step);
  if (open?.number !== data.attempt) return step;
  const claim = { runner, leaseUntil };
  return { ...step, held: { ...open, claim, intent: { key, digest, settleBy } } };
}

function failed(step: StepState, { data }: EventOf<'AttemptFailed'>): StepState {
  const { lost, released = false, retryAt } = data;
  const failures = step.failures + (lost ? 0 : 1);
  const lossesAfter = released ? step.losses : step.losses + 1;
  const losses = lost ? lossesAfter : 0;
  const held = retryAt === null ? null : ({ kind: 'retry', at: retryAt } as const);
  return { ...step, status: 'waiting', failures, losses, held };
}
