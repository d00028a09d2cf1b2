import type { ApprovalView } from './client';
import { safeText, shownJson } from './safe-text';

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
    'The step before produced, word for word:',
    `  ${shownJson(shown, '  ')}`,
    approval.editable === null ? '' : 'You may approve edited data (--data @file.json).',
  ].filter((line) => line !== '');
}
