import type {
  Definition,
  ErrorCode,
  EventOf,
  EventType,
  Json,
  JsonObject,
  OnDue,
  RiskClass,
  StepDefinition,
} from '@fermata/contracts';
import type { ExpressionType } from '../expression/types';
import type { Compilation } from '../graph/author';
import type { Report } from '../graph/problem';
import type { Scope } from '../graph/scope';
import type { EditRule } from '../handoff/edits';
import type { Pieces } from '../pieces';
import type { Approvers } from '../policy/approvers';
import type { Policy } from '../policy/consult';

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

/** Time that a step lets pass. */
export interface PassingTime {
  readonly kind: 'time';
  readonly dueAt: number;
  /** Whether the moment stays when the run is paused. */
  readonly isFixed: boolean;
}

/** What a step under way waits for: one thing at a time. */
export type Held = OpenAttempt | RetryWait | AwaitedTurn | OpenGate | PassingTime;

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

/** What a gate asks, whoever asked for it. */
export interface Question {
  readonly cause: OpenGate['cause'];
  readonly title: string;
  readonly shown: Json;
  /** Schema of what a person may change; null when nothing. */
  readonly editable: JsonObject | null;
  readonly asked: Approvers;
  /** The rule of the policy that wants it asked; none when the workflow does. */
  readonly rule?: string;
  /** The effect in doubt. */
  readonly effect: {
    readonly key: string;
    readonly digest: string;
    readonly attempt: number;
  } | null;
}

/** What went wrong with an attempt. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The runner was lost: such a failure does not use up a try. */
  readonly lost: boolean;
  /** It stopped and gave the attempt back: nothing broke, and nothing is counted. */
  readonly released?: true;
  /** Milliseconds that the agent asked us to wait. */
  readonly waitMs?: number;
  /** The effect of a call may have happened. */
  readonly intended?: boolean;
}

/** The step and the moment that a kind is asked about. */
export interface Moment {
  readonly id: string;
  readonly state: StepState;
  readonly scope: Scope;
  readonly at: number;
}

/** What comes of a step whose needs are met and whose condition holds. */
export type Begun =
  | { readonly then: 'perform'; readonly input: Json }
  | { readonly then: 'ask'; readonly question: Question }
  | { readonly then: 'wait'; readonly dueAt: number; readonly isFixed: boolean }
  | { readonly then: 'complete'; readonly output: Json }
  /** The author's words gave no value, or one that a contract refuses. */
  | { readonly then: 'fail'; readonly code: ErrorCode; readonly message: string };

/** What comes of a step for which a moment has come that it waited for. */
export type Turn =
  | { readonly then: 'begin' }
  | { readonly then: 'fail-attempt'; readonly failure: Failure }
  | { readonly then: 'complete'; readonly output: Json }
  /** Nobody answered the gate that is open: the policy says what follows. */
  | { readonly then: 'unanswered' };

/** What is known of a compiled step's work, whatever its kind. */
export interface AnyWork {
  readonly kind: string;
  readonly risk: RiskClass;
  /** Whether doing it again under the same key is doing it once. */
  readonly idempotent: boolean;
}

/** What is true of everything that is held under one word. */
export interface HoldRules<H extends Held> {
  /** When it must be looked at again; null while no moment is awaited. */
  dueAt(held: H, isPaused: boolean): number | null;
  /** What happens at that moment. */
  due(held: H, step: { readonly id: string; readonly work: AnyWork }, at: number): Turn;
  /** As it is after its run was paused for so long. */
  resumed(held: H, heldMs: number): H;
}

/** What a step gives those after it: its contract, and its type in expressions. */
export interface Gives {
  readonly schema: JsonObject | null;
  readonly type: ExpressionType;
}

/** Where a step stands in the definition, and where to say what is wrong with it. */
export interface Site {
  readonly id: string;
  readonly step: StepDefinition;
  readonly definition: Definition;
  readonly report: Report;
}

/** The compilation of a definition's steps, with what all of them share. */
export interface StepCompilation extends Compilation {
  readonly policy: Policy;
}

/** A step as its kind reads it: what it gives, and its compilation once all steps are read. */
export interface Reading<W> {
  readonly gives: Gives;
  compile(compilation: StepCompilation, index: number): Pieces<W>;
}

/**
 * A kind of step: how it is read and compiled, and what it does. It answers with values and knows
 * nothing of runs; those who ask it turn the values into events.
 */
export interface StepKind<W extends AnyWork> {
  read(site: Site): Reading<W>;
  begin(work: W, moment: Moment): Begun;
  /** The rule on what a person answers at a gate over such a step; null when all is allowed. */
  answerRule(work: W, cause: OpenGate['cause']): EditRule | null;
}

/** What each of these events makes of the step that it names. Total, and pure (rule R2). */
export type AfterEvents<T extends EventType> = {
  readonly [K in T]: (step: StepState, event: EventOf<K>) => StepState;
};
