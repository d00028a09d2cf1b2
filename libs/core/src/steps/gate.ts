import type { EventOf, stepKinds } from '@fermata/contracts';
import {
  attemptAt,
  gateAt,
  type AfterEvents,
  type HoldRules,
  type OpenGate,
  type StepState,
} from './kind';

const gate: HoldRules<OpenGate> = {
  dueAt: ({ dueAt }, isPaused) => (isPaused ? null : dueAt),
  resumed: (held, heldMs) => ({ ...held, dueAt: held.dueAt + heldMs }),
};

/** What a step waits for that holds for a person, whatever its kind. */
export const gateHolds = { gate };

/** What the events of gates make of their step. */
export const afterGateEvents: AfterEvents<keyof (typeof stepKinds)['gate']['events']> = {
  GateOpened: opened,
  GateEscalated: escalated,
  GateDecided: decided,
  GateExpired: closed,
  GateWithdrawn: closed,
};

function opened(step: StepState, { data }: EventOf<'GateOpened'>): StepState {
  const { gate: id, cause, groups, shown, dueAt, onDue, effect } = data;
  const runner = attemptAt(step)?.claim?.runner ?? null;
  const doubt = effect && { attempt: effect.attempt, runner };
  const held = { kind: 'gate', id, cause, groups, shown, dueAt, onDue, doubt } as const;
  return { ...step, status: 'held', gates: step.gates + 1, held };
}

function escalated(step: StepState, { data }: EventOf<'GateEscalated'>): StepState {
  const open = gateAt(step);
  const { groups, dueAt } = data;
  return open === null ? step : { ...step, held: { ...open, groups, dueAt, onDue: 'reject' } };
}

/** A decision lets a step that the policy held, or whose effect was in doubt, start (again). */
function decided(step: StepState, { data }: EventOf<'GateDecided'>): StepState {
  const free = { ...step, held: null, status: 'ready' as const };
  if (data.decision === 'retry') return free;
  return gateAt(step)?.cause === 'policy' ? { ...free, approved: data.data } : free;
}

/** What has no gate keeps what it waits for: such an event comes late. */
function closed(step: StepState): StepState {
  return gateAt(step) === null ? step : { ...step, held: null };
}
