import { createHash } from 'node:crypto';
import {
  rfc3339,
  type AttemptView,
  type AuditView,
  type CheckpointView,
  type EventView,
  type GateView,
  type ListedRunView,
  type ListedStepView,
  type RunDetailView,
  type RunView,
  type StepInputView,
  type StepView,
} from '@fermata/contracts';
import type {
  AttemptRow,
  AuditRow,
  CheckpointRow,
  ListedAttempt,
  ListedRun,
  ListedStep,
  RunHead,
  RunView as ViewedRun,
  StepRow,
  ViewedGate,
} from '@fermata/read-model';

/** Rows keep JSON as the text it was; an answer shows it as JSON. */
function json(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

function time(ms: string | null): string | null {
  return ms === null ? null : rfc3339(Number(ms));
}

/** A value that was left out of its view, by its size. */
function sized(leftOut: string | null | undefined): { leftOutBytes?: number } {
  return leftOut === null || leftOut === undefined ? {} : { leftOutBytes: Number(leftOut) };
}

/**
 * A runner as an answer names it. Its own name guards its claims, and is for the log alone; a
 * digest tells one runner from another.
 */
export function runnerDigest(runner: string): string {
  return createHash('sha256').update(runner).digest('hex').slice(0, 16);
}

/** A run without its values. */
export function runView(row: RunHead): RunView {
  const { code, message } = row;
  return {
    run: row.run,
    workflow: `${row.workflow}@${row.version}`,
    definition: row.definition ?? '',
    policy: row.policy ?? '',
    status: row.status ?? 'absent',
    requester: row.requester ?? '',
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    sequence: Number(row.sequence),
    ...(code === null && message === null ? {} : { problem: { code, message } }),
  };
}

/** A run in a list. */
export function listedRunView(row: ListedRun): ListedRunView {
  return { ...runView(row), held: row.held };
}

/** A step in a list. */
export function listedStepView(row: ListedStep): ListedStepView {
  return {
    step: row.step,
    status: row.status,
    attempt: row.attempt ?? 0,
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
  };
}

/** A step of a run. */
export function stepView(row: StepRow & { readonly left_out?: string | null }): StepView {
  return { ...listedStepView(row), output: json(row.output), ...sized(row.left_out) };
}

/** What the last attempt at a step was given. */
export function inputView(last: AttemptRow, run: RunHead): StepInputView {
  const { step, attempt, input } = last;
  const { definition, workflow } = runView(run);
  return { step, attempt, input: json(input), definition, workflow };
}

/** One try at a step. */
export function attemptView(row: ListedAttempt): AttemptView {
  return {
    step: row.step,
    attempt: row.attempt,
    status: row.status,
    agent: row.agent,
    capability: row.capability,
    risk: row.risk,
    policy: row.policy,
    idempotencyKey: row.idempotency_key,
    runner: row.runner === null ? null : runnerDigest(row.runner),
    scheduledAt: time(row.scheduled_at),
    endedAt: time(row.ended_at),
    ...(row.code === null ? {} : { problem: { code: row.code, message: row.message } }),
  };
}

/** A labelled state of a run. */
export function listedCheckpointView(row: CheckpointRow): CheckpointView {
  return {
    label: row.label,
    steps: JSON.parse(row.steps) as string[],
    sequence: Number(row.sequence),
    at: time(row.at),
  };
}

/** A labelled state of a run: what its steps had put out by then. */
export function checkpointView(row: CheckpointRow, steps: readonly StepRow[]) {
  const outputs = Object.fromEntries(steps.map(({ step, output }) => [step, json(output)]));
  return { ...listedCheckpointView(row), outputs };
}

/** A gate, as a run shows it. */
export function gateView(row: ViewedGate): GateView {
  return {
    gate: row.gate,
    step: row.step,
    status: row.status,
    cause: row.cause ?? '',
    title: row.title ?? '',
    groups: JSON.parse(row.groups ?? '[]') as string[],
    shown: json(row.shown),
    ...sized(row.left_out),
    policy: row.policy ?? '',
    openedAt: time(row.opened_at),
    dueAt: time(row.due_at),
    closedAt: time(row.closed_at),
  };
}

/** A run with its parts. */
export function detailView(found: ViewedRun): RunDetailView {
  const { run } = found;
  return {
    ...runView(run),
    input: json(run.input),
    output: json(run.output),
    steps: found.steps.map(stepView),
    attempts: found.attempts.map(attemptView),
    attemptCount: found.attemptCount,
    gates: found.gates.map(gateView),
    checkpoints: found.checkpoints.map(listedCheckpointView),
  };
}

/** An event of a run. */
export function eventView(row: AuditRow): EventView {
  const data = JSON.parse(row.data) as Record<string, unknown>;
  const { runner } = data;
  return {
    sequence: Number(row.sequence),
    type: row.type,
    at: rfc3339(Number(row.at)),
    actor: row.actor,
    cause: row.cause,
    traceparent: row.traceparent,
    data: typeof runner === 'string' ? { ...data, runner: runnerDigest(runner) } : data,
  };
}

/** A row of the audit trail: who, what, when, by which rule of a policy, where, and its seal. */
export function auditView(row: AuditRow): AuditView {
  const event = eventView(row);
  const { rule } = event.data;
  return {
    ...event,
    policy: row.policy,
    rule: typeof rule === 'string' ? rule : null,
    position: {
      partition: row.partition,
      offset: Number(row.offset),
      epoch: Number(row.epoch),
      seq: Number(row.seq),
    },
    previousHash: row.prev_hash,
    hash: row.hash,
  };
}
