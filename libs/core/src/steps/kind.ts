import type { EventOf, EventType, Json, OnDue } from '@fermata/contracts';

/** A try that is under way. */
export interface OpenAttempt {
  readonly kind: 'attempt';
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

/** A step that waits until it is tried again. */
export interface RetryWait {
  readonly kind: 'retry';
  readonly at: number;
}

/** A step that could start waits, since then, for one of its tenant's attempts to be closed. */
export interface AwaitedTurn {
  readonly kind: 'turn';
  readonly since: number;
}

/** A question that waits for a person. */
export interface OpenGate {
  readonly kind: 'gate';
  readonly id: string;
  readonly cause: 'review' | 'policy' | 'doubt';
  readonly groups: readonly string[];
  readonly shown: Json;
  readonly dueAt: number;
  readonly onDue: OnDue;
  /** The attempt in doubt and the runner that may still tell its outcome. */
  readonly doubt: { readonly attempt: number; readonly runner: string | null } | null;
}

/** What a step under way waits for: one thing at a time. */
export type Held = OpenAttempt | RetryWait | AwaitedTurn | OpenGate;

/** What is held under one word. */
export type HeldAs<K extends Held['kind']> = Extract<Held, { readonly kind: K }>;

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
  /** What it waits for, if it is under way. */
  readonly held: Held | null;
  /** Input that a person approved; it replaces the computed one. */
  readonly approved: Json | undefined;
  readonly output: Json | undefined;
}

/** A step that nothing happened to yet. */
export const UNTOUCHED: StepState = {
  status: 'ready',
  attempt: 0,
  failures: 0,
  losses: 0,
  gates: 0,
  held: null,
  approved: undefined,
  output: undefined,
};

/** The attempt that is open at a step. */
export function attemptAt({ held }: StepState): OpenAttempt | null {
  return held?.kind === 'attempt' ? held : null;
}

/** The gate that is open at a step. */
export function gateAt({ held }: StepState): OpenGate | null {
  return held?.kind === 'gate' ? held : null;
}

/** What is true of everything that is held under one word. */
export interface HoldRules<H extends Held> {
  /** When it must be looked at again; null while no moment is awaited. */
  dueAt(held: H, isPaused: boolean): number | null;
  /** As it is after its run was paused for so long. */
  resumed(held: H, heldMs: number): H;
}

/** What each of these events makes of the step that it names. Total, and pure (rule R2). */
export type AfterEvents<T extends EventType> = {
  readonly [K in T]: (step: StepState, event: EventOf<K>) => StepState;
};
