import {
  LIMITS,
  rejection,
  runEventOf,
  type Ceilings,
  type ErrorCode,
  type EventData,
  type Json,
  type Rejection,
  type RunEvent,
  type RunEventType,
} from '@fermata/contracts';
import type { Graph, GraphStep } from '../graph/graph';
import type { Scope } from '../graph/scope';
import { getEntry } from '../persistent-map';
import { invariant } from '../invariant';
import type { Meter } from '../meter';
import type { Cause } from './cause';
import { evolve } from './evolve';
import type { StepState } from '../steps/kind';
import { hasEnded, stepOf, type RunState } from './state';

/** What a decision may know beside the run: the moment, the graph and whose request it is. */
export interface DecisionContext extends Cause {
  readonly graph: Graph;
  readonly room: TenantRoom;
  /** What the operator allows now: it binds what is scheduled from now on. */
  readonly ceilings: Ceilings;
  /** Counts what evaluating the author's contracts and expressions takes, over the decision. */
  readonly meter: Meter;
}

/** How many attempts a run may have open: what its tenant's limit leaves it. */
export interface TenantRoom {
  /** Attempts that this run may have open; 0 while others of the tenant wait for one. */
  readonly forRun: number;
  /** The limit that it comes from. */
  readonly openAttemptsMax: number;
}

/**
 * What comes of a command: events and the state after them, a recorded no, or nothing, when the
 * command was a repetition that the run's state already answers.
 */
export type Decision =
  | { readonly kind: 'accepted'; readonly events: readonly RunEvent[]; readonly run: RunState }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'ignored' };

/** What happens to a run by one cause: each event that is emitted is folded at once. */
export interface Recording<C extends Cause = Cause> {
  readonly context: C;
  readonly events: RunEvent[];
  run: RunState;
}

/** A decision in the making. */
export type Draft = Recording<DecisionContext>;

/** Begins to record what happens to a run that exists. */
export function draftOf<C extends Cause>(run: RunState, context: C): Recording<C> {
  return { context, events: [], run };
}

/** Ends a decision. A run whose history is full ends with it: a replay must stay possible. */
export function accepted(draft: Draft): Decision {
  if (draft.run.sequence >= LIMITS.runEventsMax && !hasEnded(draft.run)) {
    const found = `expected at most ${LIMITS.runEventsMax} events of a run, found more`;
    const message = `${found}; split the workflow, or have its agents try less often`;
    emit(draft, 'RunFailed', { step: null, code: 'LIMIT_EXCEEDED', message });
  }
  return { kind: 'accepted', events: draft.events, run: draft.run };
}

/** Refuses a command. */
export function refused(code: ErrorCode, message: string): Decision {
  return { kind: 'rejected', rejection: rejection(code, message) };
}

/** Nothing to do and nothing to record. */
export const IGNORED: Decision = { kind: 'ignored' };

/** The event that a run's next sequence number gives; ids derive, never from chance (rule R4). */
export function eventOf<T extends RunEventType>(
  place: { readonly tenant: string; readonly run: string; readonly sequence: number },
  cause: Cause,
  type: T,
  data: EventData<T>,
): RunEvent {
  const { at, causationId, correlationId, actor, traceparent, commandDigest } = cause;
  const envelope = {
    id: `${place.run}#${place.sequence}`,
    tenant: place.tenant,
    run: place.run,
    sequence: place.sequence,
    at,
    causationId,
    correlationId,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(commandDigest === undefined ? {} : { commandDigest }),
  };
  return runEventOf(type, envelope, data);
}

/**
 * Adds an event to what happens to a run and folds it: every change of a run's state comes by
 * here. Only the first event carries the command's key.
 */
export function emit<T extends RunEventType>(to: Recording, type: T, data: EventData<T>): void {
  const { commandDigest: _, ...later } = to.context;
  const cause = to.events.length === 0 ? to.context : later;
  const { tenant, run, sequence } = to.run;
  const event = eventOf({ tenant, run, sequence: sequence + 1 }, cause, type, data);
  checkHold(to.run, event);
  const next = evolve(to.run, event);
  invariant(next !== undefined, `run ${run} goes on after ${type}`);
  invariant(next.sequence === sequence + 1, `events of run ${run} are numbered densely`);
  to.run = next;
  to.events.push(event);
}

/** Nothing that a step waits for is forgotten by waiting for another thing: it is closed first. */
function checkHold(run: RunState, event: RunEvent): void {
  switch (event.type) {
    case 'AttemptScheduled':
    case 'StepQueued': {
      const held = stepOf(run, event.data.step).held?.kind;
      const isFree = held !== 'attempt' && held !== 'gate';
      invariant(isFree, `${run.run}/${event.data.step} has one attempt or gate at a time`);
      return;
    }
    case 'WaitBegan': {
      invariant(
        stepOf(run, event.data.step).held === null,
        `${run.run}/${event.data.step} is free`,
      );
      return;
    }
    case 'GateOpened': {
      const isFree = stepOf(run, event.data.step).held?.kind !== 'gate';
      invariant(isFree, `${run.run}/${event.data.step} has one gate at a time`);
      return;
    }
    default:
  }
}

/** What expressions may read of the run as it stands in the draft. */
export function scopeOf(draft: Draft): Scope {
  const { tenant, run, requester, input, steps } = draft.run;
  return {
    run: { id: run, tenant, requester, input },
    meter: draft.context.meter,
    step(index) {
      const id = draft.context.graph.steps[index]?.id ?? '';
      const state = getEntry(steps, id);
      const status = state?.status;
      if (status === 'completed') return { status, output: state?.output };
      return { status: status === 'skipped' ? status : 'pending', output: undefined };
    },
  };
}

/** The code of a failed evaluation: another one when it failed for want of steps. */
export function codeOfFailure({ meter }: DecisionContext, code: ErrorCode): ErrorCode {
  return meter.isOut ? 'LIMIT_EXCEEDED' : code;
}

/** The graph's step of this name. */
export function graphStep(graph: Graph, id: string): GraphStep | undefined {
  const index = graph.indexOf.get(id);
  return index === undefined ? undefined : graph.steps[index];
}

/** State of a step in the draft. */
export function stateOf(draft: Draft, step: GraphStep): StepState {
  return stepOf(draft.run, step.id);
}

/** Text of a JSON value that is absent as null. */
export function orNull(value: Json | undefined): Json {
  return value ?? null;
}
