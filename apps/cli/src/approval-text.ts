import type { ApprovalView } from './client';
import { safeText, shownJson } from './safe-text';

const HEADS: Readonly<Record<string, string>> & { readonly review: string } = {
  review: 'The steps before produced',
  policy: 'The step would be given',
  doubt: 'What is known of the effect',
};

/** What an approver must see before deciding, as lines of plain text. */
export function approvalLines(approval: ApprovalView): string[] {
  const { gate, title, run, requester, policy, groups, dueAt, shown, shownDigest } = approval;
  return [
    `Gate        ${safeText(gate)}  (${approval.status})`,
    `Asked       ${safeText(title)}`,
    `Run         ${safeText(run)}, requested by ${safeText(requester)}`,
    `Policy      ${safeText(policy)}`,
    `Who decides ${groups.map(safeText).join(', ')}, until ${dueAt ?? 'no time'}`,
    `Digest      sha256 ${shownDigest}`,
    `${HEADS[approval.cause] ?? HEADS.review}, word for word:`,
    `  ${shownJson(shown, '  ')}`,
    approval.editable === null ? '' : 'You may approve edited data (--data @file.json).',
  ].filter((line) => line !== '');
}
