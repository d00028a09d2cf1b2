import type { EventOf } from '@fermata/contracts';
import { byEvent, nothing, versioned, type ChangesOf } from './projection';

const taken = ({ data }: EventOf<'AttemptClaimed' | 'EffectIntended'>) => ({
  step: data.step,
  attempt: data.attempt,
  status: 'running',
  runner: data.runner,
});

/** Tries at steps. */
export const attempts = byEvent('attempts', {
  AttemptScheduled: ({ data, at }) => ({
    step: data.step,
    attempt: data.attempt,
    status: 'scheduled',
    agent: versioned(data.agent),
    capability: data.capability,
    risk: data.risk,
    policy: versioned(data.policy),
    input: JSON.stringify(data.input),
    idempotency_key: data.idempotencyKey,
    scheduled_at: at,
  }),
  AttemptClaimed: taken,
  EffectIntended: taken,
  AttemptFailed: ({ data, at }) => ({
    step: data.step,
    attempt: data.attempt,
    status: 'failed',
    code: data.code,
    message: data.message,
    ended_at: at,
    policy: versioned(data.policy),
  }),
  /** A step that no agent performs, such as a gate, has no attempt. */
  StepCompleted: ({ data: { step, attempt }, at }) =>
    attempt === 0 ? null : { step, attempt, status: 'completed', ended_at: at },
  StepFailed: nothing,
  ResultIgnored: nothing,
  GateOpened: ({ data: { step, effect } }) =>
    effect === null ? null : { step, attempt: effect.attempt, status: 'in-doubt' },
} satisfies ChangesOf<'attempts', 'attempt'>);
