import type {
  AttemptRow,
  AuditRow,
  CheckpointRow,
  GateRow,
  RunDetail,
  RunRow,
  StepRow,
} from '@fermata/read-model';

/** Rows keep JSON as the text it was; an answer shows it as JSON. */
function json(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

function time(ms: string | null): string | null {
  return ms === null ? null : new Date(Number(ms)).toISOString();
}

/** A run in a list. */
export function runView(row: RunRow) {
  return {
    run: row.run,
    workflow: `${row.workflow}@${row.version}`,
    definition: row.definition,
    policy: row.policy,
    status: row.status,
    requester: row.requester,
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    sequence: Number(row.sequence),
    input: json(row.input),
    output: json(row.output),
    ...(row.code === null && row.message === null
      ? {}
      : { problem: { code: row.code, message: row.message } }),
  };
}

/** A step of a run. */
export function stepView(row: StepRow) {
  return {
    step: row.step,
    status: row.status,
    attempt: row.attempt ?? 0,
    output: json(row.output),
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
  };
}

/** One try at a step. */
export function attemptView(row: AttemptRow) {
  return {
    step: row.step,
    attempt: row.attempt,
    status: row.status,
    agent: row.agent,
    capability: row.capability,
    risk: row.risk,
    policy: row.policy,
    input: json(row.input),
    idempotencyKey: row.idempotency_key,
    runner: row.runner,
    scheduledAt: time(row.scheduled_at),
    endedAt: time(row.ended_at),
    ...(row.code === null ? {} : { problem: { code: row.code, message: row.message } }),
  };
}

/** A labelled state of a run: what its steps had put out by then. */
export function checkpointView(row: CheckpointRow, steps: readonly StepRow[]) {
  const names = JSON.parse(row.steps) as string[];
  const outputs = steps
    .filter(({ step }) => names.includes(step))
    .map(({ step, output }) => [step, json(output)]);
  return {
    label: row.label,
    steps: names,
    sequence: Number(row.sequence),
    at: time(row.at),
    outputs: Object.fromEntries(outputs),
  };
}

/** A gate, as a run shows it. */
export function gateView(row: GateRow) {
  return {
    gate: row.gate,
    step: row.step,
    status: row.status,
    cause: row.cause,
    title: row.title,
    groups: json(row.groups),
    shown: json(row.shown),
    policy: row.policy,
    openedAt: time(row.opened_at),
    dueAt: time(row.due_at),
    closedAt: time(row.closed_at),
  };
}

/** A run with all that is known of it. */
export function detailView({ run, steps, attempts, gates, checkpoints }: RunDetail) {
  return {
    ...runView(run),
    steps: steps.map(stepView),
    attempts: attempts.map(attemptView),
    gates: gates.map(gateView),
    checkpoints: checkpoints.map((row) => checkpointView(row, steps)),
  };
}

/** An event of a run. */
export function eventView(row: AuditRow) {
  return {
    sequence: Number(row.sequence),
    type: row.type,
    at: time(row.at),
    actor: row.actor,
    cause: row.cause,
    traceparent: row.traceparent,
    data: json(row.data),
  };
}

/** A row of the audit trail: who, what, when, under which policy, where, and its seal. */
export function auditView(row: AuditRow) {
  return {
    ...eventView(row),
    policy: row.policy,
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
