import { binaryArray, type ColumnType } from './binary-array';

/** A value of a row on its way to PostgreSQL; null leaves what is there. */
export type Cell = string | number | boolean | null;

/** A row on its way, by column. */
export type Row = Readonly<Record<string, Cell>>;

/** A table that is written in bulk: its key and the types of its columns. */
export interface Table {
  readonly name: string;
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, ColumnType>>;
}

const run = { tenant: 'text', run: 'text' } as const;

/** The tables of the read model as the projection writes them. */
export const TABLES = {
  runs: {
    name: 'runs',
    keys: ['tenant', 'run'],
    columns: {
      ...run,
      partition: 'int',
      workflow: 'text',
      version: 'text',
      definition: 'text',
      policy: 'text',
      status: 'text',
      requester: 'text',
      input: 'text',
      output: 'text',
      code: 'text',
      message: 'text',
      started_at: 'bigint',
      ended_at: 'bigint',
      sequence: 'bigint',
      first_offset: 'bigint',
      last_offset: 'bigint',
    },
  },
  steps: {
    name: 'steps',
    keys: ['tenant', 'run', 'step'],
    columns: {
      ...run,
      step: 'text',
      status: 'text',
      attempt: 'int',
      output: 'text',
      started_at: 'bigint',
      ended_at: 'bigint',
    },
  },
  attempts: {
    name: 'attempts',
    keys: ['tenant', 'run', 'step', 'attempt'],
    columns: {
      ...run,
      step: 'text',
      attempt: 'int',
      status: 'text',
      agent: 'text',
      capability: 'text',
      risk: 'text',
      policy: 'text',
      input: 'text',
      idempotency_key: 'text',
      runner: 'text',
      code: 'text',
      message: 'text',
      scheduled_at: 'bigint',
      ended_at: 'bigint',
    },
  },
  checkpoints: {
    name: 'checkpoints',
    keys: ['tenant', 'run', 'label'],
    columns: { ...run, label: 'text', steps: 'text', sequence: 'bigint', at: 'bigint' },
  },
  gates: {
    name: 'gates',
    keys: ['tenant', 'gate'],
    columns: {
      tenant: 'text',
      gate: 'text',
      run: 'text',
      step: 'text',
      status: 'text',
      cause: 'text',
      title: 'text',
      groups: 'text',
      shown: 'text',
      shown_digest: 'text',
      editable: 'text',
      requester: 'text',
      policy: 'text',
      opened_at: 'bigint',
      due_at: 'bigint',
      closed_at: 'bigint',
    },
  },
  approvals: {
    name: 'approvals',
    keys: ['tenant', 'gate'],
    columns: {
      tenant: 'text',
      gate: 'text',
      run: 'text',
      step: 'text',
      decision: 'text',
      approver: 'text',
      groups: 'text',
      data: 'text',
      data_digest: 'text',
      edited: 'boolean',
      reason: 'text',
      policy: 'text',
      at: 'bigint',
    },
  },
  audit: {
    name: 'audit',
    keys: ['partition', 'offset'],
    columns: {
      partition: 'int',
      offset: 'bigint',
      epoch: 'bigint',
      seq: 'bigint',
      tenant: 'text',
      run: 'text',
      sequence: 'bigint',
      type: 'text',
      actor: 'text',
      at: 'bigint',
      cause: 'text',
      traceparent: 'text',
      policy: 'text',
      data: 'text',
      prev_hash: 'text',
      hash: 'text',
    },
  },
  audit_heads: {
    name: 'audit_heads',
    keys: ['tenant', 'partition'],
    columns: { tenant: 'text', partition: 'int', hash: 'text' },
  },
  quarantined_events: {
    name: 'quarantined_events',
    keys: ['partition', 'offset'],
    columns: { partition: 'int', offset: 'bigint', type: 'text', reason: 'text' },
  },
} as const satisfies Record<string, Table>;

/** Name of a table that the projection writes. */
export type TableName = keyof typeof TABLES;

/**
 * One statement that writes any number of rows: a row that is there keeps every column for which
 * the new one says null. So a step that begins and ends in one batch is one write.
 */
export function upsertOf(table: Table): string {
  const names = Object.keys(table.columns);
  const arrays = names.map((name, at) => `$${at + 1}::${table.columns[name]}[]`);
  const quoted = names.map((name) => `"${name}"`);
  const keys = table.keys.map((key) => `"${key}"`).join(', ');
  const kept = quoted
    .filter((name) => !table.keys.includes(name.slice(1, -1)))
    .map((name) => `${name} = coalesce(excluded.${name}, ${table.name}.${name})`);
  return `INSERT INTO ${table.name} (${quoted.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})
    ON CONFLICT (${keys}) DO UPDATE SET ${kept.join(', ')}`;
}

/** The columns of rows, each as one array, in the order that `upsertOf` wants them. */
export function arraysOf(table: Table, rows: readonly Row[]): Buffer[] {
  return Object.entries(table.columns).map(([name, type]) => {
    const cells = rows.map((row) => row[name] ?? null);
    return binaryArray(type, cells);
  });
}
