import { foldedPrincipal, type ErrorCode } from '@fermata/contracts';
import type { Answering } from './rule';

/** Somebody who wants to answer a gate. */
interface Deciding {
  readonly approver: string;
  readonly groups: readonly string[];
  readonly gate: { readonly groups: readonly string[] };
  readonly run: { readonly run: string; readonly requester: string };
}

/** Why somebody may not. */
type Refusal = readonly [code: ErrorCode, message: string];

const RULE = 'fixed.four-eyes';

/** Who may decide a gate: a member of a group that it asks, and never who asked for the run. */
export const fourEyes: Answering<Deciding, Refusal | null> = (question) => {
  return { outcome: refusalOf(question), rule: RULE };
};

function refusalOf({ approver, groups, gate, run }: Deciding): Refusal | null {
  if (foldedPrincipal(approver) === foldedPrincipal(run.requester)) {
    const found = `expected someone else than ${run.requester}, who requested run ${run.run}`;
    return ['SELF_APPROVAL', `${found}; ask another member of ${gate.groups.join(', ')}`];
  }
  if (groups.some((group) => gate.groups.includes(group))) return null;
  const found = `expected a member of ${gate.groups.join(', ')}, found ${approver}`;
  return ['NOT_AN_APPROVER', `${found} of ${groups.join(', ') || 'no group'}; ask a member`];
}
