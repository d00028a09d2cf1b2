import { z } from 'zod';
import { json } from '../json';
import { LIMITS } from '../limits';
import { jsonValue, moment, pageOf, pageQuery } from './page';
import { does, reads, type Route } from './route';

/** What a gate may have come to. */
export const CLOSED_STATES = [
  'approved',
  'rejected',
  'retried',
  'expired',
  'withdrawn',
  'closed',
] as const;

/** Which gates to list: the open ones soonest due first, others newest first. */
export const approvalsQuery = z.strictObject({
  state: z.enum(['open', 'all', ...CLOSED_STATES]).default('open'),
  ...pageQuery(200),
});

/** What a person decides on a gate. */
export const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject', 'retry']),
  data: json.optional(),
  reason: z.string().max(LIMITS.reasonCharsMax).optional(),
});

/** A gate in a list: what it shows is read one by one. */
export const listedApprovalView = z.object({
  gate: z.string().describe('Its id; behind /v1/approvals/ it may stand as it is'),
  run: z.string(),
  step: z.string(),
  status: z.string(),
  cause: z.string(),
  title: z.string(),
  groups: z.array(z.string()),
  requester: z.string(),
  policy: z.string(),
  openedAt: moment.nullable(),
  dueAt: moment.nullable(),
  closedAt: moment.nullable(),
});
/** A gate in a list. */
export type ListedApprovalView = z.infer<typeof listedApprovalView>;

/** What was decided on a gate. */
export const decisionView = z.object({
  decision: z.string(),
  approver: z.string(),
  data: jsonValue,
  edited: z.boolean(),
  reason: z.string().nullable(),
  at: moment.nullable(),
});
/** What was decided on a gate. */
export type DecisionView = z.infer<typeof decisionView>;

/** A gate as its approver sees it: exactly what is asked, and what was answered. */
export const approvalView = listedApprovalView.extend({
  shown: jsonValue,
  shownDigest: z.string().nullable(),
  editable: jsonValue,
  decision: decisionView.nullable(),
});
/** A gate as its approver sees it. */
export type ApprovalView = z.infer<typeof approvalView>;

const decided = z.object({ gate: z.string(), decision: decisionBody.shape.decision });

/** Routes of approvals. */
export const APPROVAL_ROUTES = [
  {
    id: 'listApprovals',
    method: 'get',
    path: '/v1/approvals',
    service: 'approval-service',
    summary: 'List what waits for you, or what was asked of your groups',
    query: approvalsQuery,
    answers: reads(pageOf('approvals', listedApprovalView)),
  },
  {
    id: 'readApproval',
    method: 'get',
    path: '/v1/approvals/{gate}',
    service: 'approval-service',
    summary: 'Read a gate',
    answers: reads(approvalView),
  },
  {
    id: 'decideGate',
    method: 'post',
    path: '/v1/approvals/{gate}/decision',
    service: 'approval-service',
    roles: ['approver'],
    summary:
      'Decide a gate: approve, approve with edited data, reject, or retry an effect in doubt',
    headers: ['Idempotency-Key'],
    body: decisionBody,
    answers: does(decided),
  },
] as const satisfies readonly Route[];
