import type { Json } from '@fermata/contracts';
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

/** A condition that holds, and one that does not. */
export const YES: Evaluated<boolean> = { ok: true, value: true };
export const NO: Evaluated<boolean> = { ok: true, value: false };
