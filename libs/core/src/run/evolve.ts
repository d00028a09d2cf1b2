import {
  endsRun,
  STATUS_AFTER,
  type EndType,
  type EventOf,
  type RunEvent,
} from '@fermata/contracts';
import { emptyMap, setEntry } from '../persistent-map';
import { hasEnded, stepOf, stepsOf, type OpenGate, type RunState, type StepState } from './state';

/**
 * State after an event. Total: any sequence of well-formed events gives a state, none is refused,
 * and nothing but the two arguments is read (rule R2). Before `RunStarted` there is no run, so
 * events that come before it leave it absent.
 */
export function evolve(run: RunState | undefined, event: RunEvent): RunState | undefined {
  if (event.type === 'RunStarted') return started(event);
  if (run === undefined) return undefined;
  return { ...apply(run, event), sequence: event.sequence };
}

function started(event: EventOf<'RunStarted'>): RunState {
  const { workflow, policy, requester, input, deadlineAt } = event.data;
  return {
    tenant: event.tenant ?? '',
    run: event.run,
    status: 'running',
    sequence: event.sequence,
    workflow,
    policy,
    requester,
    traceparent: event.traceparent ?? null,
    input,
    startedAt: event.at,
    deadlineAt,
    pausedAt: null,
    steps: emptyMap(),
    finished: 0,
    open: 0,
    ignored: [],
    output: undefined,
  };
}

type AfterStart = Exclude<RunEvent, { readonly type: 'RunStarted' }>;

function apply(run: RunState, event: AfterStart): RunState {
  if (endsRun(event) && event.type !== 'RunCompleted') {
    return hasEnded(run) ? run : { ...run, status: STATUS_AFTER[event.type] };
  }
  switch (event.type) {
    case 'RunPaused':
      return { ...run, status: STATUS_AFTER[event.type], pausedAt: event.at };
    case 'RunResumed':
      return resumed(run, event.data.heldMs);
    case 'RunQuarantined':
    case 'RunReleased':
      return { ...run, status: STATUS_AFTER[event.type] };
    case 'RunCompleted':
      return { ...run, status: STATUS_AFTER[event.type], output: event.data.output };
    case 'CheckpointReached':
      return run;
    case 'ResultIgnored': {
      const ignored = `${event.data.step}/${event.data.attempt}`;
      return { ...run, ignored: [...run.ignored, ignored] };
    }
    default:
      return withStep(run, event.data.step, applyToStep(stepOf(run, event.data.step), event));
  }
}

type StepEvent = Extract<AfterStart, { readonly data: { readonly step: string } }>;
type OfStep = Exclude<StepEvent, { readonly type: 'ResultIgnored' | EndType }>;

function applyToStep(step: StepState, event: OfStep): StepState {
  switch (event.type) {
    case 'StepSkipped':
      return { ...step, status: 'skipped' };
    case 'StepCompleted':
      return { ...closed(step), status: 'completed', output: event.data.output };
    case 'StepFailed':
      return { ...closed(step), status: 'failed' };
    case 'StepQueued':
      return { ...step, status: 'queued', retryAt: null, queuedAt: event.at };
    case 'AttemptScheduled':
      return attemptScheduled(step, event);
    case 'AttemptClaimed':
      return claimed(step, event);
    case 'EffectIntended':
      return intended(step, event);
    case 'AttemptFailed':
      return attemptFailed(step, event);
    case 'GateOpened':
      return {
        ...step,
        status: 'held',
        gates: step.gates + 1,
        gate: gateOf(step, event),
        open: null,
      };
    case 'GateEscalated': {
      const { groups, dueAt } = event.data;
      return step.gate ? { ...step, gate: { ...step.gate, groups, dueAt, onDue: 'reject' } } : step;
    }
    case 'GateDecided':
      return gateDecided(step, event);
    case 'GateExpired':
    case 'GateWithdrawn':
      return { ...step, gate: null };
  }
}

function withStep(run: RunState, id: string, next: StepState): RunState {
  const before = stepOf(run, id);
  const done = (step: StepState) => step.status === 'completed' || step.status === 'skipped';
  const finished = run.finished + Number(done(next)) - Number(done(before));
  const open = run.open + Number(next.open !== null) - Number(before.open !== null);
  return { ...run, steps: setEntry(run.steps, id, next), finished, open };
}

/** Timers that waited with the run move by the time it was held; open attempts never stopped. */
function resumed(run: RunState, heldMs: number): RunState {
  let steps = run.steps;
  for (const [id, step] of stepsOf(run)) {
    if (step.gate === null && step.retryAt === null) continue;
    const gate = step.gate && { ...step.gate, dueAt: step.gate.dueAt + heldMs };
    const retryAt = step.retryAt === null ? null : step.retryAt + heldMs;
    steps = setEntry(steps, id, { ...step, gate, retryAt });
  }
  const deadlineAt = run.deadlineAt === null ? null : run.deadlineAt + heldMs;
  return { ...run, status: 'running', pausedAt: null, deadlineAt, steps };
}

function closed(step: StepState): StepState {
  return { ...step, open: null, gate: null, retryAt: null, queuedAt: null };
}

function attemptScheduled(step: StepState, event: EventOf<'AttemptScheduled'>): StepState {
  const { attempt, deadlineAt } = event.data;
  const open = { number: attempt, deadlineAt, claim: null, intent: null };
  return { ...step, status: 'scheduled', attempt, open, retryAt: null, queuedAt: null };
}

function claimed(step: StepState, event: EventOf<'AttemptClaimed'>): StepState {
  const { runner, leaseUntil, attempt } = event.data;
  if (step.open?.number !== attempt) return step;
  const moved = leaseUntil - (step.open.claim?.leaseUntil ?? leaseUntil);
  const intent = step.open.intent && {
    ...step.open.intent,
    settleBy: step.open.intent.settleBy + moved,
  };
  return { ...step, open: { ...step.open, claim: { runner, leaseUntil }, intent } };
}

function intended(step: StepState, event: EventOf<'EffectIntended'>): StepState {
  const { runner, leaseUntil, settleBy, key, digest, attempt } = event.data;
  if (step.open?.number !== attempt) return step;
  const claim = { runner, leaseUntil };
  return { ...step, open: { ...step.open, claim, intent: { key, digest, settleBy } } };
}

function attemptFailed(step: StepState, event: EventOf<'AttemptFailed'>): StepState {
  const { lost, released = false, retryAt } = event.data;
  const failures = step.failures + (lost ? 0 : 1);
  const lossesAfter = released ? step.losses : step.losses + 1;
  const losses = lost ? lossesAfter : 0;
  return { ...step, status: 'waiting', open: null, gate: null, failures, losses, retryAt };
}

function gateOf(step: StepState, event: EventOf<'GateOpened'>): OpenGate {
  const { gate, cause, groups, shown, dueAt, onDue, effect } = event.data;
  const runner = step.open?.claim?.runner ?? null;
  const doubt = effect && { attempt: effect.attempt, runner };
  return { id: gate, cause, groups, shown, dueAt, onDue, doubt };
}

/** A decision lets a step that the policy held, or whose effect was in doubt, start (again). */
function gateDecided(step: StepState, event: EventOf<'GateDecided'>): StepState {
  const { decision, data } = event.data;
  const decided = { ...step, gate: null, status: 'ready' as const };
  if (decision === 'retry') return decided;
  return step.gate?.cause === 'policy' ? { ...decided, approved: data } : decided;
}
