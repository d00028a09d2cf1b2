import type { Json, PolicyRef, StepPath } from '@fermata/contracts';
import type { Contract } from '../handoff/contract';
import type { Policy } from '../policy/consult';
import type { Work, WorkAs } from '../steps/kinds';
import type { Evaluated, Scope } from './scope';

/** A step, compiled: what a decision needs, with the policy's numbers already in place. */
export interface GraphStep {
  readonly index: number;
  /** Its path as well: a step outside any body has its id as its path. */
  readonly id: StepPath;
  readonly needs: readonly number[];
  readonly dependents: readonly number[];
  /** Indexes of the checkpoints that this step is part of. */
  readonly checkpoints: readonly number[];
  when(scope: Scope): Evaluated<boolean>;
  /** What its kind does with it. */
  readonly work: Work;
}

/** A step of one kind. */
export type StepAs<K extends Work['kind']> = GraphStep & { readonly work: WorkAs<K> };

/** Whether a step is of this kind. */
export function isOfKind<K extends Work['kind']>(
  step: GraphStep | undefined,
  kind: K,
): step is StepAs<K> {
  return step?.work.kind === kind;
}

/** A definition, compiled: pure, shared by all runs that are pinned to its hash. */
export interface Graph {
  readonly hash: string;
  readonly workflow: { readonly name: string; readonly version: string };
  readonly policy: PolicyRef;
  /** The policy, as decisions consult it. */
  readonly rules: Policy;
  readonly timeoutMs: number | null;
  readonly steps: readonly GraphStep[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly checkpoints: readonly { readonly label: string; readonly steps: readonly number[] }[];
  readonly checkInput: Contract;
  /** The run's result. */
  output(scope: Scope): Evaluated<Json>;
}
