import { endsRun } from '@fermata/contracts';
import { byEvent, nothing, versioned, type ChangesOf, type Projection } from './projection';

const CLOSED = { approve: 'approved', reject: 'rejected', retry: 'retried' } as const;

/** Questions to people. A run that ends otherwise than by completing leaves none open. */
export const gates: Projection = {
  ...byEvent('gates', {
    GateOpened: ({ data, at }) => ({
      gate: data.gate,
      step: data.step,
      cause: data.cause,
      title: data.title,
      requester: data.requester,
      status: 'open',
      groups: JSON.stringify(data.groups),
      shown: JSON.stringify(data.shown),
      shown_digest: data.shownDigest,
      editable: data.editable === null ? null : JSON.stringify(data.editable),
      policy: versioned(data.policy),
      opened_at: at,
      due_at: data.dueAt,
    }),
    GateEscalated: ({ data: { gate, step, groups, dueAt } }) => ({
      gate,
      step,
      status: 'open',
      groups: JSON.stringify(groups),
      due_at: dueAt,
    }),
    GateDecided: ({ data: { gate, step, decision }, at }) => ({
      gate,
      step,
      status: CLOSED[decision],
      closed_at: at,
    }),
    GateExpired: ({ data: { gate, step }, at }) => ({
      gate,
      step,
      status: 'expired',
      closed_at: at,
    }),
    GateWithdrawn: ({ data: { gate, step }, at }) => ({
      gate,
      step,
      status: 'withdrawn',
      closed_at: at,
    }),
    RunRejected: nothing,
  } satisfies ChangesOf<'gates', 'gate'>),
  sweep: {
    by: (event) => endsRun(event) && event.type !== 'RunCompleted',
    where: { status: 'open' },
    set: { status: 'closed' },
    stamp: 'closed_at',
  },
};
