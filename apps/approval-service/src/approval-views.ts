import { rfc3339, type ApprovalView, type ListedApprovalView } from '@fermata/contracts';
import type { ApprovalRow, GateRow, ListedGate } from '@fermata/read-model';

function json(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

function time(ms: string | null): string | null {
  return ms === null ? null : rfc3339(Number(ms));
}

/** A gate in a list: what it asks, of whom and until when. */
export function listedApprovalView(gate: ListedGate): ListedApprovalView {
  return {
    gate: gate.gate,
    run: gate.run,
    step: gate.step,
    status: gate.status,
    cause: gate.cause ?? '',
    title: gate.title ?? '',
    groups: JSON.parse(gate.groups ?? '[]') as string[],
    requester: gate.requester ?? '',
    policy: gate.policy ?? '',
    openedAt: time(gate.opened_at),
    dueAt: time(gate.due_at),
    closedAt: time(gate.closed_at),
  };
}

/** What an approver sees: exactly what is asked, under which policy, by whom and until when. */
export function approvalView(gate: GateRow, approval: ApprovalRow | null): ApprovalView {
  return {
    ...listedApprovalView(gate),
    shown: json(gate.shown),
    shownDigest: gate.shown_digest,
    editable: json(gate.editable),
    decision: approval && {
      decision: approval.decision,
      approver: approval.approver,
      data: json(approval.data),
      edited: approval.edited,
      reason: approval.reason,
      at: time(approval.at),
    },
  };
}
