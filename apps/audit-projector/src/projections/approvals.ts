import { byEvent, versioned, type ChangesOf } from './projection';

/** What people answered. */
export const approvals = byEvent('approvals', {
  GateDecided: ({ data, at }) => ({
    gate: data.gate,
    step: data.step,
    decision: data.decision,
    approver: data.approver,
    groups: JSON.stringify(data.groups),
    data: JSON.stringify(data.data),
    data_digest: data.dataDigest,
    edited: data.edited,
    reason: data.reason,
    policy: versioned(data.policy),
    at,
  }),
} satisfies ChangesOf<'approvals', 'decision'>);
