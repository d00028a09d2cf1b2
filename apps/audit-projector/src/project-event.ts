import type { Event, EventOf, RunEvent } from '@fermata/contracts';
import type { Row } from '@fermata/read-model';
import type { Changes } from './changes';

/** Where an event stands. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
}

const versioned = ({ name, version }: { name: string; version: string }) => `${name}@${version}`;

/** Adds what an event changes in the read model to the batch's changes. */
export function projectEvent(changes: Changes, event: Event, place: EventPlace): void {
  switch (event.type) {
    case 'PartitionClaimed':
    case 'PositionAdvanced':
    case 'DefinitionRecorded':
    case 'CommandRejected':
    case 'CommandDuplicated':
      return;
    default:
      projectRun(changes, event, place);
      projectStep(changes, event);
      projectGate(changes, event);
  }
}

const ENDS: Partial<Record<RunEvent['type'], string>> = {
  RunCompleted: 'completed',
  RunFailed: 'failed',
  RunRejected: 'rejected',
  RunTimedOut: 'timed-out',
  RunCancelled: 'cancelled',
};

const PACES: Partial<Record<RunEvent['type'], string>> = {
  RunStarted: 'running',
  RunPaused: 'paused',
  RunResumed: 'running',
  RunQuarantined: 'quarantined',
  RunReleased: 'running',
};

function projectRun(changes: Changes, event: RunEvent, place: EventPlace): void {
  const { run, at, sequence } = event;
  const tenant = event.tenant ?? '';
  const end = ENDS[event.type];
  changes.set('runs', {
    tenant,
    run,
    sequence,
    last_offset: place.offset,
    status: end ?? PACES[event.type] ?? null,
    ended_at: end === undefined ? null : at,
    ...detailsOf(event, place),
  });
  if (end !== undefined && end !== 'completed') changes.endedRuns.push({ tenant, run, at });
}

function detailsOf(event: RunEvent, place: EventPlace): Row {
  switch (event.type) {
    case 'RunStarted': {
      const { workflow, policy, requester, input } = event.data;
      return {
        partition: place.partition,
        workflow: workflow.name,
        version: workflow.version,
        definition: workflow.hash,
        policy: versioned(policy),
        requester,
        input: JSON.stringify(input),
        started_at: event.at,
        first_offset: place.offset,
      };
    }
    case 'RunCompleted':
      return { output: JSON.stringify(event.data.output) };
    case 'RunFailed':
    case 'RunQuarantined':
      return { code: event.data.code, message: event.data.message };
    case 'RunRejected':
      return { code: event.data.code, message: event.data.reason };
    case 'RunTimedOut':
      return { code: 'RUN_TIMED_OUT', message: timedOut(event.data.deadlineAt) };
    case 'RunCancelled':
      return { message: event.data.reason };
    default:
      return {};
  }
}

function timedOut(deadlineAt: number): string {
  const by = new Date(deadlineAt).toISOString();
  return `expected the run to end by ${by}, found that it had not; see which step it waited for`;
}

function projectStep(changes: Changes, event: RunEvent): void {
  const { run, at } = event;
  const tenant = event.tenant ?? '';
  const step = (id: string, row: Row) => changes.set('steps', { tenant, run, step: id, ...row });
  const attempt = (row: Row) => changes.set('attempts', { tenant, run, ...row });
  switch (event.type) {
    case 'StepSkipped':
      return step(event.data.step, { status: 'skipped', ended_at: at });
    case 'StepCompleted': {
      const { step: id, attempt: number, output } = event.data;
      step(id, { status: 'completed', output: JSON.stringify(output), ended_at: at });
      if (number > 0) attempt({ step: id, attempt: number, status: 'completed', ended_at: at });
      return;
    }
    case 'StepFailed':
      return step(event.data.step, { status: 'failed', ended_at: at });
    case 'StepQueued':
      return step(event.data.step, { status: 'queued' });
    case 'AttemptScheduled':
      return scheduled(changes, event);
    case 'AttemptClaimed':
    case 'EffectIntended': {
      const { step: id, attempt: number, runner } = event.data;
      return attempt({ step: id, attempt: number, status: 'running', runner });
    }
    case 'AttemptFailed': {
      const { step: id, attempt: number, code, message, policy } = event.data;
      step(id, { status: 'waiting' });
      const failed = { status: 'failed', code, message, ended_at: at, policy: versioned(policy) };
      return attempt({ step: id, attempt: number, ...failed });
    }
    case 'GateOpened':
      // A step whose effect is in doubt began before.
      step(event.data.step, { status: 'held', started_at: event.data.effect === null ? at : null });
      if (event.data.effect !== null) {
        attempt({ step: event.data.step, attempt: event.data.effect.attempt, status: 'in-doubt' });
      }
      return;
    case 'GateDecided':
      return step(event.data.step, { status: 'ready' });
    case 'CheckpointReached': {
      const { label, steps } = event.data;
      const row = { label, steps: JSON.stringify(steps), sequence: event.sequence, at };
      return changes.set('checkpoints', { tenant, run, ...row });
    }
    default:
      return;
  }
}

function scheduled(changes: Changes, event: EventOf<'AttemptScheduled'>): void {
  const { run, at } = event;
  const tenant = event.tenant ?? '';
  const { step, attempt, agent, capability, risk, policy, input, idempotencyKey } = event.data;
  const first = attempt === 1 ? { started_at: at } : {};
  changes.set('steps', { tenant, run, step, status: 'scheduled', attempt, ...first });
  changes.set('attempts', {
    tenant,
    run,
    step,
    attempt,
    status: 'scheduled',
    agent: versioned(agent),
    capability,
    risk,
    policy: versioned(policy),
    input: JSON.stringify(input),
    idempotency_key: idempotencyKey,
    scheduled_at: at,
  });
}

const CLOSED = { approve: 'approved', reject: 'rejected', retry: 'retried' } as const;

function projectGate(changes: Changes, event: RunEvent): void {
  const { run, at } = event;
  const tenant = event.tenant ?? '';
  switch (event.type) {
    case 'GateOpened': {
      const { step, gate, cause, title, groups, shown, shownDigest, editable, requester } =
        event.data;
      return changes.set('gates', {
        tenant,
        gate,
        run,
        step,
        cause,
        title,
        requester,
        status: 'open',
        groups: JSON.stringify(groups),
        shown: JSON.stringify(shown),
        shown_digest: shownDigest,
        editable: editable === null ? null : JSON.stringify(editable),
        policy: versioned(event.data.policy),
        opened_at: at,
        due_at: event.data.dueAt,
      });
    }
    case 'GateEscalated': {
      const { gate, step, groups, dueAt } = event.data;
      const row = { status: 'open', groups: JSON.stringify(groups), due_at: dueAt };
      return changes.set('gates', { tenant, gate, run, step, ...row });
    }
    case 'GateDecided':
      return decided(changes, event);
    case 'GateExpired':
    case 'GateWithdrawn': {
      const { gate, step } = event.data;
      const status = event.type === 'GateExpired' ? 'expired' : 'withdrawn';
      return changes.set('gates', { tenant, gate, run, step, status, closed_at: at });
    }
    default:
      return;
  }
}

function decided(changes: Changes, event: EventOf<'GateDecided'>): void {
  const { run, at } = event;
  const tenant = event.tenant ?? '';
  const { gate, step, decision, approver, groups, data, dataDigest, edited, reason } = event.data;
  const status = CLOSED[decision];
  changes.set('gates', { tenant, gate, run, step, status, closed_at: at });
  changes.set('approvals', {
    tenant,
    gate,
    run,
    step,
    decision,
    approver,
    groups: JSON.stringify(groups),
    data: JSON.stringify(data),
    data_digest: dataDigest,
    edited,
    reason,
    policy: versioned(event.data.policy),
    at,
  });
}
