import {
  LIMITS,
  rejection,
  type Ceilings,
  type ErrorCode,
  type EventData,
  type Json,
  type Rejection,
  type RunEvent,
  type RunEventType,
} from '@fermata/contracts';
import type { Graph, GraphStep, Scope } from '../graph/graph';
import { getEntry } from '../persistent-map';
import { invariant } from '../invariant';
import type { Meter } from '../meter';
import { evolve } from './evolve';
import type { StepState } from '../steps/kind';
import { hasEnded, stepOf, type RunState } from './state';

/** What a decision may know beside the run: the moment, the graph and whose wish it is. */
export interface DecisionContext {
  /** The owner's stamp, milliseconds since the Unix epoch (rule R3). */
  readonly at: number;
  readonly graph: Graph;
  readonly causationId: string;
  readonly correlationId: string;
  readonly actor: string;
  readonly traceparent?: string;
  readonly commandDigest?: string;
  readonly room: Room;
  /** What the operator allows now: it binds what is scheduled from now on. */
  readonly ceilings: Ceilings;
  /** Counts what evaluating the author's contracts and expressions takes, over the decision. */
  readonly meter: Meter;
}

/** How many attempts a run may have open: what its tenant's limit leaves it. */
export interface Room {
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

/** A decision in the making: each event that is emitted is folded at once. */
export interface Draft {
  readonly context: DecisionContext;
  readonly events: RunEvent[];
  run: RunState;
}

/** Begins a decision on a run that exists. */
export function draftOf(run: RunState, context: DecisionContext): Draft {
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
  context: DecisionContext,
  type: T,
  data: EventData<T>,
): RunEvent {
  const { at, causationId, correlationId, actor, traceparent, commandDigest } = context;
  const event = {
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
    type,
    data,
  };
  return event as unknown as RunEvent;
}

/** Adds an event to the decision and folds it. Only the first event carries the command's key. */
export function emit<T extends RunEventType>(draft: Draft, type: T, data: EventData<T>): void {
  const { commandDigest: _, ...later } = draft.context;
  const context = draft.events.length === 0 ? draft.context : later;
  const { tenant, run, sequence } = draft.run;
  const event = eventOf({ tenant, run, sequence: sequence + 1 }, context, type, data);
  const next = evolve(draft.run, event);
  invariant(next !== undefined, `run ${run} goes on after ${type}`);
  draft.run = next;
  draft.events.push(event);
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
