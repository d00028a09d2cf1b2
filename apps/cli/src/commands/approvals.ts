import { approvalLines } from '../approval-text';
import type { ApprovalView } from '../client';
import { safeText } from '../safe-text';
import { clientOf, print, type CommonOptions, type Session } from '../session';
import { readArgument } from './runs';

/** Lists what waits for a person. */
export async function listApprovals(
  session: Session,
  options: CommonOptions & { readonly all?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const state = options.all ? 'all' : 'open';
  const found = await client.get<{ approvals: readonly ApprovalView[] }>(
    `/v1/approvals?state=${state}`,
  );
  const lines = found.approvals.map(
    ({ gate, status, title, dueAt }) =>
      `${safeText(gate)}  ${status}  due ${dueAt ?? '-'}  ${safeText(title)}`,
  );
  print(session, options, found, lines.length > 0 ? lines : ['nothing waits for you']);
}

/** Shows what an approver must see. */
export async function showApproval(
  session: Session,
  gate: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const approval = await client.get<ApprovalView>(`/v1/approvals/${encodeURIComponent(gate)}`);
  const how =
    approval.status === 'open'
      ? ['Decide:', ...answersTo(approval).map((how) => `  fermata approvals ${how}`)]
      : [];
  print(session, options, approval, [...approvalLines(approval), ...how]);
}

/** The commands that answer a gate; an effect in doubt has answers of its own. */
function answersTo({ gate, cause }: ApprovalView): string[] {
  if (cause !== 'doubt') return [`approve ${gate}`, `reject ${gate} --reason <text>`];
  return [
    `approve ${gate} --data <its outcome>   it happened`,
    `retry ${gate}   it did not happen: do it`,
    `reject ${gate} --reason <text>   end the run`,
  ];
}

const DONE = { approve: 'approved', reject: 'rejected', retry: 'to be tried again:' } as const;

/** Decides a gate. */
export async function decide(
  session: Session,
  decision: 'approve' | 'reject' | 'retry',
  gate: string,
  options: CommonOptions & { readonly data?: string; readonly reason?: string },
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const body = {
    decision,
    ...(options.data === undefined ? {} : { data: readArgument(session, options.data) }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
  const done = await client.post(`/v1/approvals/${encodeURIComponent(gate)}/decision`, body);
  print(session, options, done, [`${DONE[decision]} ${gate}`]);
}
