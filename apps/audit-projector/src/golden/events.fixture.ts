import {
  pathOf,
  type Event,
  type EventBody,
  type EventType,
  type RunEventType,
  type StepPath,
} from '@fermata/contracts';

type OfRun = EventBody<RunEventType>;

const POLICY = { name: 'plain', version: '2.0.0' };
const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const START = Date.parse('2026-11-23T09:00:00Z');

const started = (input: null | Record<string, string>): OfRun => ({
  type: 'RunStarted',
  data: {
    workflow: { name: 'loan', version: '1.0.0', hash: HASH },
    policy: POLICY,
    input,
    requester: 'user:asha',
    deadlineAt: null,
  },
});

const scheduled = (step: StepPath, attempt: number): OfRun => ({
  type: 'AttemptScheduled',
  data: {
    step,
    attempt,
    agent: { name: 'desk', version: '1.1.0' },
    capability: 'assess',
    risk: 'effect',
    definition: HASH,
    policy: POLICY,
    input: { step },
    deadlineAt: START + 60_000,
    leaseMs: 1_000,
    idempotencyKey: OTHER,
  },
});

const claimed = (step: StepPath, attempt: number): OfRun => ({
  type: 'AttemptClaimed',
  data: { step, attempt, runner: 'runner-1', leaseUntil: START + 9_000 },
});

const failed = (step: StepPath, attempt: number, retryAt: number | null): OfRun => ({
  type: 'AttemptFailed',
  data: {
    step,
    attempt,
    code: 'AGENT_FAILED',
    message: 'no',
    retryAt,
    lost: false,
    policy: POLICY,
  },
});

const opened = (step: StepPath, gate: string, isDoubt: boolean): OfRun => ({
  type: 'GateOpened',
  data: {
    step,
    gate,
    cause: isDoubt ? 'doubt' : 'review',
    title: 'Go on?',
    groups: ['underwriters', 'desk'],
    shown: { amount: 5 },
    shownDigest: HASH,
    editable: isDoubt ? null : { amount: { type: 'number' } },
    requester: 'user:asha',
    policy: POLICY,
    dueAt: START + 80_000,
    onDue: 'reject',
    effect: isDoubt ? { key: HASH, digest: OTHER, attempt: 1 } : null,
  },
});

const decided = (
  step: StepPath,
  gate: string,
  decision: 'approve' | 'reject' | 'retry',
  reason: string | null,
): OfRun => ({
  type: 'GateDecided',
  data: {
    step,
    gate,
    decision,
    approver: 'user:bo',
    groups: ['desk'],
    data: { amount: 6 },
    edited: decision === 'approve',
    dataDigest: OTHER,
    reason,
    policy: POLICY,
  },
});

/** Runs that come to each end, with every event that a run can have. */
const HISTORIES: Readonly<Record<string, readonly OfRun[]>> = {
  completes: [
    started({ name: 'a\u0000b\ud800c' }),
    scheduled(pathOf('read'), 1),
    claimed(pathOf('read'), 1),
    failed(pathOf('read'), 1, START + 500),
    { type: 'StepQueued', data: { step: pathOf('read'), openAttemptsMax: 4 } },
    scheduled(pathOf('read'), 2),
    { type: 'StepCompleted', data: { step: pathOf('read'), attempt: 2, output: { pages: 3 } } },
    { type: 'CheckpointReached', data: { label: 'c1', steps: [pathOf('read')] } },
    { type: 'StepSkipped', data: { step: pathOf('extra') } },
    opened(pathOf('ask'), 'g-1', false),
    { type: 'RunPaused', data: { reason: 'lunch' } },
    { type: 'RunResumed', data: { reason: 'back', heldMs: 100 } },
    {
      type: 'GateEscalated',
      data: { step: pathOf('ask'), gate: 'g-1', groups: ['heads'], dueAt: START + 99_000 },
    },
    decided(pathOf('ask'), 'g-1', 'approve', null),
    { type: 'StepCompleted', data: { step: pathOf('ask'), attempt: 0, output: { amount: 6 } } },
    scheduled(pathOf('pay'), 1),
    {
      type: 'EffectIntended',
      data: {
        step: pathOf('pay'),
        attempt: 1,
        runner: 'runner-2',
        key: HASH,
        digest: OTHER,
        leaseUntil: START + 9_000,
        settleBy: START + 20_000,
      },
    },
    opened(pathOf('pay'), 'g-2', true),
    {
      type: 'ResultIgnored',
      data: {
        step: pathOf('pay'),
        attempt: 1,
        runner: 'runner-9',
        code: 'ATTEMPT_CLOSED',
        reason: 'late',
      },
    },
    { type: 'GateWithdrawn', data: { step: pathOf('pay'), gate: 'g-2', reason: 'it was settled' } },
    { type: 'StepCompleted', data: { step: pathOf('pay'), attempt: 1, output: null } },
    { type: 'RunCompleted', data: { output: { paid: true } } },
  ],
  fails: [
    started(null),
    scheduled(pathOf('read'), 1),
    failed(pathOf('read'), 1, null),
    {
      type: 'StepFailed',
      data: { step: pathOf('read'), attempt: 1, code: 'AGENT_FAILED', message: 'no' },
    },
    opened(pathOf('ask'), 'g-3', false),
    { type: 'RunFailed', data: { step: pathOf('read'), code: 'AGENT_FAILED', message: 'no' } },
  ],
  'is-rejected': [
    started(null),
    opened(pathOf('ask'), 'g-4', false),
    decided(pathOf('ask'), 'g-4', 'reject', 'too much'),
    opened(pathOf('other'), 'g-5', false),
    {
      type: 'RunRejected',
      data: { step: pathOf('ask'), gate: 'g-4', code: 'GATE_REJECTED', reason: 'too much' },
    },
  ],
  'is-late': [
    started(null),
    opened(pathOf('ask'), 'g-6', false),
    {
      type: 'GateExpired',
      data: { step: pathOf('ask'), gate: 'g-6', dueAt: START + 80_000, policy: POLICY },
    },
    opened(pathOf('other'), 'g-7', false),
    { type: 'RunTimedOut', data: { deadlineAt: START + 90_000 } },
  ],
  'is-cancelled': [
    started(null),
    opened(pathOf('pay'), 'g-8', true),
    decided(pathOf('pay'), 'g-8', 'retry', 'it did not happen'),
    scheduled(pathOf('pay'), 2),
    { type: 'RunQuarantined', data: { code: 'INVARIANT_BROKEN', message: 'two holds' } },
    { type: 'RunReleased', data: { reason: 'mended' } },
    opened(pathOf('ask'), 'g-9', false),
    {
      type: 'RunCancelled',
      data: { reason: 'no more', unsettled: [{ step: pathOf('pay'), key: HASH }] },
    },
  ],
  waits: [started(null), opened(pathOf('ask'), 'g-10', false)],
};

/** Records that belong to no run's history. */
const OUTSIDE: readonly EventBody<Exclude<EventType, RunEventType>>[] = [
  { type: 'PartitionClaimed', data: { owner: 'owner-1', nonce: 'n', partitions: 4 } },
  { type: 'PositionAdvanced', data: {} },
  {
    type: 'CommandRejected',
    data: { command: 'StartRun', kind: 'NOT_FOUND', code: 'RUN_NOT_FOUND', message: 'no run' },
  },
  { type: 'CommandDuplicated', data: { command: 'StartRun', outcome: 'RunStarted', run: 'waits' } },
];

/** A log with the events of all runs in turn, so that their rows are written side by side. */
export function recordedEvents(): Event[] {
  const runs = Object.entries(HISTORIES);
  const length = Math.max(...runs.map(([, bodies]) => bodies.length));
  const inTurn = Array.from({ length }, (_, index) =>
    runs.flatMap(([run, bodies]) => {
      const body = bodies[index];
      return body === undefined ? [] : [{ run, sequence: index + 1, tenant: 'acme', body }];
    }),
  ).flat();
  const outside = OUTSIDE.map((body, index) => {
    return { ...envelopeAt(index, 'partition/0', 0), tenant: null, ...body } as const;
  });
  const ofRuns = inTurn.map(({ run, sequence, tenant, body }, index) => {
    return { ...envelopeAt(OUTSIDE.length + index, run, sequence), tenant, ...body };
  });
  return [...outside, ...ofRuns];
}

function envelopeAt(index: number, run: string, sequence: number) {
  return {
    id: `${run}#${sequence}`,
    run,
    sequence,
    at: START + index * 1_000,
    causationId: `command-${index}`,
    correlationId: run,
    actor: 'user:asha',
  };
}
