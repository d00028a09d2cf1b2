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
    ...(approval.status === 'open' ? editableLines(approval.editable) : []),
    ...decisionLines(approval),
  ];
}

/** What an approver may change, with a line for each field of it. */
function editableLines(editable: unknown): string[] {
  if (editable === null) return [];
  const { properties } = editable as { readonly properties?: Readonly<Record<string, unknown>> };
  const head =
    'You may change these fields (--set field=value, or --data @file.json with all of it):';
  if (properties === undefined) return [head, `  ${shownJson(editable, '  ')}`];
  const fields = Object.entries(properties).map(
    ([name, schema]) => `  ${safeText(name).padEnd(12)} ${safeText(JSON.stringify(schema))}`,
  );
  return [head, ...fields];
}

/** Who decided what, of a gate that is closed. */
function decisionLines({ decision = null }: ApprovalView): string[] {
  if (decision === null) return [];
  const { approver, reason, at, edited, data } = decision;
  const why = reason === null || reason === '' ? '' : `: ${safeText(reason)}`;
  const head = `Decided     ${decision.decision} by ${safeText(approver)} at ${at ?? '-'}${why}`;
  return edited ? [head, 'Approved instead:', `  ${shownJson(data, '  ')}`] : [head];
}
