import { durationMs, type OnDue } from '@fermata/contracts';
import type { Answering } from './rule';

/** A gate that nobody answered in time. */
interface Silent {
  readonly onDue: OnDue;
}

/** What follows when nobody answers: others are asked, or the run is refused. */
type AfterSilence =
  | { readonly then: 'escalate'; readonly groups: readonly string[]; readonly dueMs: number }
  | { readonly then: 'expire' };

const RULE = 'fixed.silence';

/** The last breach of a due time refuses; nothing is ever approved by silence. */
export const silence: Answering<Silent, AfterSilence> = ({ onDue }) => {
  if (onDue === 'reject') return { outcome: { then: 'expire' }, rule: RULE };
  const { groups, due } = onDue.escalate;
  return { outcome: { then: 'escalate', groups, dueMs: durationMs(due) }, rule: RULE };
};
