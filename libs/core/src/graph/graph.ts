import type { Json, JsonObject, OnDue, PolicyRef, RiskClass } from '@fermata/contracts';
import type { Contract } from '../handoff/contract';
import type { EditRule } from '../handoff/edits';
import type { Meter } from '../meter';

/** A value that an expression gave, or why it gave none. */
export type Evaluated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** What expressions may read of a run. */
export interface Scope {
  readonly run: {
    readonly id: string;
    readonly tenant: string;
    readonly requester: string;
    readonly input: Json;
  };
  /** Counts the steps of evaluating; without one, each evaluation has a count of its own. */
  readonly meter?: Meter;
  step(index: number): {
    readonly status: 'pending' | 'completed' | 'skipped';
    readonly output: Json | undefined;
  };
}

/** Whom a gate asks, and by when. */
export interface Approvers {
  readonly groups: readonly string[];
  readonly dueMs: number;
  readonly onDue: OnDue;
}

/** A gate step's question. */
export interface GraphGate extends Approvers {
  readonly title: string;
  readonly editable: JsonObject | null;
  show(scope: Scope): Evaluated<Json>;
  /** Null when a person may make this of what was shown; else expected, found and where. */
  readonly checkEdited: EditRule;
}

/** A step, compiled: what a decision needs, with the policy's numbers already in place. */
export interface GraphStep {
  readonly index: number;
  readonly id: string;
  readonly needs: readonly number[];
  readonly dependents: readonly number[];
  /** Indexes of the checkpoints that this step is part of. */
  readonly checkpoints: readonly number[];
  readonly kind: 'agent' | 'gate';
  readonly risk: RiskClass;
  readonly agent: { readonly name: string; readonly version: string };
  readonly capability: string;
  readonly idempotent: boolean;
  readonly attemptsMax: number;
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly timeoutMs: number;
  readonly leaseMs: number;
  readonly gate: GraphGate | null;
  /** Whom a policy gate, or an effect in doubt, asks. */
  readonly approvers: Approvers;
  when(scope: Scope): Evaluated<boolean>;
  input(scope: Scope): Evaluated<Json>;
  /** Null when the input meets the agent's schema; else expected, found and where. */
  readonly checkInput: Contract;
  /** Null when a person at a gate of the policy may make this of the input that was shown. */
  readonly checkEditedInput: EditRule;
  /** Null when the output meets the handoff contract; else expected, found and where. */
  readonly checkOutput: Contract;
  /** Whether the policy holds this step, with this input, for a person before it starts. */
  policyGate(scope: Scope, input: Json): Evaluated<boolean>;
}

/** A definition, compiled: pure, shared by all runs that are pinned to its hash. */
export interface Graph {
  readonly hash: string;
  readonly workflow: { readonly name: string; readonly version: string };
  readonly policy: PolicyRef;
  readonly timeoutMs: number | null;
  readonly steps: readonly GraphStep[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly checkpoints: readonly { readonly label: string; readonly steps: readonly number[] }[];
  readonly checkInput: Contract;
  /** The run's result. */
  output(scope: Scope): Evaluated<Json>;
}
