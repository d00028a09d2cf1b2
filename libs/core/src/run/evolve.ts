import {
  endsRun,
  STATUS_AFTER,
  type EndType,
  type EventOf,
  type RunEvent,
  type StepPath,
} from '@fermata/contracts';
import { emptyMap, setEntry } from '../persistent-map';
import { attemptAt, type StepState } from '../steps/kind';
import { afterEvent, resumedHold } from '../steps/kinds';
import { hasEnded, stepOf, stepsOf, type RunState } from './state';

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
    tenant: event.tenant,
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
      return { ...step, status: 'skipped', held: null };
    case 'StepCompleted':
      return { ...step, status: 'completed', held: null, output: event.data.output };
    case 'StepFailed':
      return { ...step, status: 'failed', held: null };
    default:
      return afterEvent(step, event);
  }
}

function withStep(run: RunState, id: StepPath, next: StepState): RunState {
  const before = stepOf(run, id);
  const done = (step: StepState) => step.status === 'completed' || step.status === 'skipped';
  const finished = run.finished + Number(done(next)) - Number(done(before));
  const open = run.open + Number(attemptAt(next) !== null) - Number(attemptAt(before) !== null);
  return { ...run, steps: setEntry(run.steps, id, next), finished, open };
}

/** Timers that waited with the run move by the time it was held; open attempts never stopped. */
function resumed(run: RunState, heldMs: number): RunState {
  let steps = run.steps;
  for (const [id, step] of stepsOf(run)) {
    const held = step.held && resumedHold(step.held, heldMs);
    if (held !== step.held) steps = setEntry(steps, id, { ...step, held });
  }
  const deadlineAt = run.deadlineAt === null ? null : run.deadlineAt + heldMs;
  return { ...run, status: 'running', pausedAt: null, deadlineAt, steps };
}
