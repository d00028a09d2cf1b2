import { isCancel, select, text } from '@clack/prompts';
import type { ApprovalView } from '@fermata/cli';

/** What a person, or a script for them, says of a gate. */
export interface Decision {
  readonly decision: 'approve' | 'reject';
  readonly data?: object;
  readonly reason?: string;
}

/** The terms that the score recommends, as the gate shows them. */
interface Terms {
  readonly amount: number;
  readonly ratePercent: number;
}

/** Asks on the terminal; null when the person would rather not say now. */
export async function askPerson({ shown }: ApprovalView): Promise<Decision | null> {
  const terms = shown as Terms;
  const { amount, ratePercent } = terms;
  const choice = await select({
    message: 'You are the underwriter. What is your decision?',
    options: [
      { value: 'approve', label: `Approve EUR ${amount} at ${ratePercent} %` },
      { value: 'edit', label: 'Approve another amount' },
      { value: 'reject', label: 'Reject' },
      { value: 'later', label: 'Decide later: the run holds, even when this stops' },
    ],
  });
  if (isCancel(choice)) return stopHere();
  if (choice === 'approve') return { decision: 'approve' };
  if (choice === 'reject') return await askReason();
  if (choice !== 'edit') return null;
  const answer = await text({
    message: 'Amount in EUR (1000 to 50000)',
    validate: (said) =>
      Number(said) >= 1_000 && Number(said) <= 50_000 ? undefined : 'expected 1000 to 50000',
  });
  if (isCancel(answer)) return stopHere();
  // All that was shown stays, but for what may be edited.
  return { decision: 'approve', data: { ...terms, amount: Number(answer) } };
}

async function askReason(): Promise<Decision | null> {
  const reason = await text({ message: 'Reason for the refusal' });
  return isCancel(reason) ? stopHere() : { decision: 'reject', reason };
}

/** A prompt takes Ctrl-C for itself; it means what it means everywhere. */
function stopHere(): null {
  process.kill(process.pid, 'SIGINT');
  return null;
}
