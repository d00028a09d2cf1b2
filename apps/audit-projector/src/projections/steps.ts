import { byEvent, nothing, type ChangesOf } from './projection';

/** Steps that anything happened to. */
export const steps = byEvent('steps', {
  StepSkipped: ({ data, at }) => ({ step: data.step, status: 'skipped', ended_at: at }),
  StepCompleted: ({ data, at }) => ({
    step: data.step,
    status: 'completed',
    output: JSON.stringify(data.output),
    ended_at: at,
  }),
  StepFailed: ({ data, at }) => ({ step: data.step, status: 'failed', ended_at: at }),
  StepQueued: ({ data }) => ({ step: data.step, status: 'queued' }),
  AttemptScheduled: ({ data: { step, attempt }, at }) => ({
    step,
    status: 'scheduled',
    attempt,
    started_at: attempt === 1 ? at : null,
  }),
  AttemptClaimed: nothing,
  EffectIntended: nothing,
  AttemptFailed: ({ data }) => ({ step: data.step, status: 'waiting' }),
  ResultIgnored: nothing,
  WaitBegan: ({ data, at }) => ({ step: data.step, status: 'waiting', started_at: at }),
  GateOpened: ({ data, at }) => ({
    step: data.step,
    status: 'held',
    // A step whose effect is in doubt began before.
    started_at: data.effect === null ? at : null,
  }),
  GateEscalated: nothing,
  GateDecided: ({ data }) => ({ step: data.step, status: 'ready' }),
  GateExpired: nothing,
  GateWithdrawn: nothing,
  RunFailed: nothing,
  RunRejected: nothing,
} satisfies ChangesOf<'steps', 'step'>);
