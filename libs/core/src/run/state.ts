import {
  isEndStatus,
  type Json,
  type PolicyRef,
  type RunStatus,
  type StepPath,
} from '@fermata/contracts';
import { entriesOf, getEntry, type PersistentMap } from '../persistent-map';
import { UNTOUCHED, type StepState } from '../steps/kind';

/** What is remembered of a run: only `evolve` makes one. */
export interface RunState {
  readonly tenant: string;
  readonly run: string;
  readonly status: RunStatus;
  /** Number of the last event. */
  readonly sequence: number;
  readonly workflow: { readonly name: string; readonly version: string; readonly hash: string };
  readonly policy: PolicyRef;
  readonly requester: string;
  /** W3C trace context of the start: what a timer does belongs to the same trace. */
  readonly traceparent: string | null;
  readonly input: Json;
  readonly startedAt: number;
  readonly deadlineAt: number | null;
  readonly pausedAt: number | null;
  readonly steps: PersistentMap<StepState, StepPath>;
  /** Steps completed or skipped. */
  readonly finished: number;
  /** Attempts that are open. */
  readonly open: number;
  /** Attempts of which an ignored result stands on the log. */
  readonly ignored: readonly string[];
  readonly output: Json | undefined;
}

/** Whether nothing will happen to this run any more. */
export function hasEnded(run: RunState): boolean {
  return isEndStatus(run.status);
}

/** Attempts of a run that count against its tenant: one in quarantine holds up no other. */
export function openAttemptsOf(run: RunState | undefined): number {
  return run === undefined || hasEnded(run) || run.status === 'quarantined' ? 0 : run.open;
}

/** Since when a step waits for an attempt; null unless its run goes on and it does. */
export function queuedSince(run: RunState, step: StepPath): number | null {
  const { held } = stepOf(run, step);
  return run.status === 'running' && held?.kind === 'turn' ? held.since : null;
}

/** Whether a step is done with, by an output or by being skipped. */
export function isFinished(run: RunState, step: StepPath): boolean {
  const status = getEntry(run.steps, step)?.status;
  return status === 'completed' || status === 'skipped';
}

/** A step's state. */
export function stepOf(run: RunState, step: StepPath): StepState {
  return getEntry(run.steps, step) ?? UNTOUCHED;
}

/** All steps that anything happened to. */
export function stepsOf(run: RunState): Iterable<readonly [StepPath, StepState]> {
  return entriesOf(run.steps);
}
