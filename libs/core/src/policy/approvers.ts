import { durationMs, type OnDue, type PolicyDefinition } from '@fermata/contracts';
import type { Answer, Answering } from './rule';

const DAY_MS = 86_400_000;

/** Whom a gate asks, and by when. */
export interface Approvers {
  readonly groups: readonly string[];
  readonly dueMs: number;
  readonly onDue: OnDue;
}

/** A gate that no author asked for: the policy's own, or one over an effect in doubt. */
interface Asking {
  readonly cause: 'policy' | 'doubt';
}

/** Who approves when the policy names nobody. */
const OPERATORS: Answer<Approvers> = {
  outcome: { groups: ['operators'], dueMs: 2 * DAY_MS, onDue: 'reject' },
  rule: 'default.approvers',
};

/** Who approves what no author names approvers for. */
export function approversOf({ approvers }: PolicyDefinition): Answering<Asking, Approvers> {
  if (approvers === undefined) return () => OPERATORS;
  const { groups, due, onDue } = approvers;
  const named = { outcome: { groups, dueMs: durationMs(due), onDue }, rule: 'approvers' };
  return () => named;
}
