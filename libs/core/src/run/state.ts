import {
  isEndStatus,
  type Json,
  type OnDue,
  type PolicyRef,
  type RunStatus,
} from '@fermata/contracts';
import { entriesOf, getEntry, type PersistentMap } from '../persistent-map';

/** A try that is under way. */
export interface OpenAttempt {
  readonly number: number;
  readonly deadlineAt: number;
  /** The runner process that claimed it, and until when; null while nobody did. */
  readonly claim: { readonly runner: string; readonly leaseUntil: number } | null;
  /** The recorded intent of an effect; with no outcome by `settleBy` it may be in doubt. */
  readonly intent: {
    readonly key: string;
    readonly digest: string;
    readonly settleBy: number;
  } | null;
}

/** A question that waits for a person. */
export interface OpenGate {
  readonly id: string;
  readonly cause: 'review' | 'policy' | 'doubt';
  readonly groups: readonly string[];
  readonly shown: Json;
  readonly dueAt: number;
  readonly onDue: OnDue;
  /** The attempt in doubt and the runner that may still tell its outcome. */
  readonly doubt: { readonly attempt: number; readonly runner: string | null } | null;
}

/** Where a step is. A step that nothing happened to yet has no state at all. */
export type StepStatus =
  | 'queued'
  | 'scheduled'
  | 'waiting'
  | 'held'
  | 'ready'
  | 'completed'
  | 'skipped'
  | 'failed';

/** What is remembered of a step. */
export interface StepState {
  readonly status: StepStatus;
  /** Number of the last attempt; 0 before the first. */
  readonly attempt: number;
  readonly failures: number;
  /** Runners that were lost at it in a row; one that gave its attempt back is none. */
  readonly losses: number;
  readonly gates: number;
  readonly open: OpenAttempt | null;
  readonly gate: OpenGate | null;
  /** When a step that waits is tried again. */
  readonly retryAt: number | null;
  /** Since when a step that could start waits for one of its tenant's attempts to be closed. */
  readonly queuedAt: number | null;
  /** Input that a person approved; it replaces the computed one. */
  readonly approved: Json | undefined;
  readonly output: Json | undefined;
}

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
  readonly steps: PersistentMap<StepState>;
  /** Steps completed or skipped. */
  readonly finished: number;
  /** Attempts that are open. */
  readonly open: number;
  /** Attempts of which an ignored result stands on the log. */
  readonly ignored: readonly string[];
  readonly output: Json | undefined;
}

/** A step that nothing happened to yet. */
export const UNTOUCHED: StepState = {
  status: 'ready',
  attempt: 0,
  failures: 0,
  losses: 0,
  gates: 0,
  open: null,
  gate: null,
  retryAt: null,
  queuedAt: null,
  approved: undefined,
  output: undefined,
};

/** Whether nothing will happen to this run any more. */
export function hasEnded(run: RunState): boolean {
  return isEndStatus(run.status);
}

/** Attempts of a run that count against its tenant: a run that is put aside holds up no other. */
export function openAttemptsOf(run: RunState | undefined): number {
  return run === undefined || hasEnded(run) || run.status === 'quarantined' ? 0 : run.open;
}

/** Since when a step waits for an attempt; null unless its run goes on and it does. */
export function queuedSince(run: RunState, step: string): number | null {
  const { status, queuedAt } = stepOf(run, step);
  return run.status === 'running' && status === 'queued' ? queuedAt : null;
}

/** Whether a step is done with, by an output or by being skipped. */
export function isFinished(run: RunState, step: string): boolean {
  const status = getEntry(run.steps, step)?.status;
  return status === 'completed' || status === 'skipped';
}

/** A step's state. */
export function stepOf(run: RunState, step: string): StepState {
  return getEntry(run.steps, step) ?? UNTOUCHED;
}

/** All steps that anything happened to. */
export function stepsOf(run: RunState): Iterable<readonly [string, StepState]> {
  return entriesOf(run.steps);
}
