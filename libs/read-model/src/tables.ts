import type { ChangeOf, RowOf, Table } from './table';

const text = { type: 'text', isNullable: false } as const;
const textOrNull = { type: 'text', isNullable: true } as const;
const int = { type: 'int', isNullable: false } as const;
const intOrNull = { type: 'int', isNullable: true } as const;
const big = { type: 'bigint', isNullable: false } as const;
const bigOrNull = { type: 'bigint', isNullable: true } as const;
const boolean = { type: 'boolean', isNullable: false } as const;

const run = { tenant: text, run: text } as const;
const place = { partition: int, offset: big } as const;

/**
 * The tables of the read model, each stated once: what rows are read and written, the statements
 * that write them and the entities derive from here. The migrations make them; a test holds the
 * two equal.
 */
export const TABLES = {
  /** A run as it stands. */
  runs: {
    keys: ['tenant', 'run'],
    columns: {
      ...run,
      partition: intOrNull,
      workflow: textOrNull,
      version: textOrNull,
      definition: textOrNull,
      policy: textOrNull,
      status: textOrNull,
      requester: textOrNull,
      input: textOrNull,
      output: textOrNull,
      code: textOrNull,
      message: textOrNull,
      started_at: bigOrNull,
      ended_at: bigOrNull,
      sequence: big,
      /** Offsets of the run's first and last event: where a replay reads. */
      first_offset: bigOrNull,
      last_offset: big,
    },
    indexes: { runs_by_start: ['tenant', 'started_at', 'run'] },
  },
  /** A step that anything happened to. */
  steps: {
    keys: ['tenant', 'run', 'step'],
    columns: {
      ...run,
      step: text,
      status: text,
      attempt: intOrNull,
      output: textOrNull,
      started_at: bigOrNull,
      ended_at: bigOrNull,
    },
  },
  /** One try at a step. */
  attempts: {
    keys: ['tenant', 'run', 'step', 'attempt'],
    columns: {
      ...run,
      step: text,
      attempt: int,
      status: text,
      agent: textOrNull,
      capability: textOrNull,
      risk: textOrNull,
      policy: textOrNull,
      input: textOrNull,
      idempotency_key: textOrNull,
      runner: textOrNull,
      code: textOrNull,
      message: textOrNull,
      scheduled_at: bigOrNull,
      ended_at: bigOrNull,
    },
  },
  /** A labelled state that a run came to. */
  checkpoints: {
    keys: ['tenant', 'run', 'label'],
    columns: { ...run, label: text, steps: text, sequence: big, at: big },
  },
  /** A question to a person. */
  gates: {
    keys: ['tenant', 'gate'],
    columns: {
      ...run,
      gate: text,
      step: text,
      status: text,
      cause: textOrNull,
      title: textOrNull,
      groups: textOrNull,
      shown: textOrNull,
      shown_digest: textOrNull,
      editable: textOrNull,
      requester: textOrNull,
      policy: textOrNull,
      opened_at: bigOrNull,
      due_at: bigOrNull,
      closed_at: bigOrNull,
    },
    indexes: {
      gates_by_status: ['tenant', 'status', 'due_at'],
      gates_by_run: ['tenant', 'run'],
      gates_by_opening: ['tenant', 'opened_at', 'gate'],
    },
  },
  /** What a person answered: one row for each who did. */
  approvals: {
    keys: ['tenant', 'gate', 'approver'],
    columns: {
      ...run,
      gate: text,
      step: text,
      decision: text,
      approver: text,
      groups: text,
      data: text,
      data_digest: text,
      edited: boolean,
      reason: textOrNull,
      policy: text,
      at: big,
    },
    indexes: { approvals_by_run: ['tenant', 'run'] },
  },
  /**
   * The audit trail: every event and every refused command of a tenant, chained by hash for each
   * tenant and partition. Nothing in a row depends on when or how often it was projected.
   */
  audit: {
    keys: ['partition', 'offset'],
    columns: {
      ...place,
      epoch: big,
      seq: big,
      ...run,
      sequence: big,
      type: text,
      actor: text,
      at: big,
      cause: text,
      traceparent: textOrNull,
      policy: textOrNull,
      data: text,
      prev_hash: text,
      hash: text,
    },
    indexes: { audit_by_run: ['tenant', 'run', 'sequence'] },
  },
  /** The last hash of each tenant's chain in each partition. */
  audit_heads: {
    keys: ['tenant', 'partition'],
    columns: { tenant: text, partition: int, hash: text },
  },
  /** How far the projection has come: saved in the same transaction as its rows. */
  positions: { keys: ['partition'], columns: { ...place, epoch: big, seq: big } },
  /** An event that the projection could not take in; the others went on. */
  quarantined_events: {
    keys: ['partition', 'offset'],
    columns: { ...place, type: text, reason: text },
  },
} as const satisfies Record<string, Table>;

/** Name of a table of the read model. */
export type TableName = keyof typeof TABLES;

/** A change of a row of the table `N`. */
export type Change<N extends TableName> = ChangeOf<(typeof TABLES)[N]>;

type RowIn<N extends TableName> = RowOf<(typeof TABLES)[N]>;

/** Rows as they are read. */
export type RunRow = RowIn<'runs'>;
export type StepRow = RowIn<'steps'>;
export type AttemptRow = RowIn<'attempts'>;
export type CheckpointRow = RowIn<'checkpoints'>;
export type GateRow = RowIn<'gates'>;
export type ApprovalRow = RowIn<'approvals'>;
export type AuditRow = RowIn<'audit'>;
