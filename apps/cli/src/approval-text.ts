import type { ApprovalView } from './client';
import { jsonLines, line, safeText, type Line } from './safe-text';

const HEADS: ReadonlyMap<string, string> = new Map([
  ['policy', 'The step would be given'],
  ['doubt', 'What is known of the effect'],
]);
/** The gate of a policy declares no fields: what may change is in the contract of the agent. */
const POLICY_EDITABLE = line`You may change what the agent's input schema names (--set field=value, or --data @file.json).`;
const REVIEW = 'The steps before produced';

/** What an approver must see before deciding, as lines of plain text. */
export function approvalLines(approval: ApprovalView): Line[] {
  const { gate, title, run, requester, policy, groups, dueAt, shown, shownDigest } = approval;
  return [
    line`Gate        ${gate}  (${approval.status})`,
    line`Asked       ${title}`,
    line`Run         ${run}, requested by ${requester}`,
    line`Policy      ${policy}`,
    line`Who decides ${groups.join(', ')}, until ${dueAt ?? 'no time'}`,
    line`Digest      sha256 ${shownDigest ?? '-'}`,
    line`${HEADS.get(approval.cause) ?? REVIEW}, word for word:`,
    ...jsonLines(shown, '  '),
    ...(approval.status === 'open' ? editableLines(approval) : []),
    ...decisionLines(approval),
  ];
}

/** What an approver may change, with a line for each field of it. */
function editableLines({ cause, editable }: ApprovalView): Line[] {
  if (cause === 'policy') return [POLICY_EDITABLE];
  if (editable === null) return [];
  const { properties } = editable as { readonly properties?: Readonly<Record<string, unknown>> };
  const head = line`You may change these fields (--set field=value, or --data @file.json with all of it):`;
  if (properties === undefined) return [head, ...jsonLines(editable, '  ')];
  const fields = Object.entries(properties).map(
    ([name, schema]) => line`  ${safeText(name).padEnd(12)} ${JSON.stringify(schema)}`,
  );
  return [head, ...fields];
}

/** Who decided what, of a gate that is closed. */
function decisionLines({ decision = null }: ApprovalView): Line[] {
  if (decision === null) return [];
  const { approver, reason, at, edited, data } = decision;
  const why = reason === null || reason === '' ? '' : `: ${reason}`;
  const head = line`Decided     ${decision.decision} by ${approver} at ${at ?? '-'}${why}`;
  return edited ? [head, line`Approved instead:`, ...jsonLines(data, '  ')] : [head];
}
