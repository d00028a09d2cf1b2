import type { DataSource } from 'typeorm';
import type { AttemptRow, AuditRow, CheckpointRow, StepRow } from './tables';
import { selectPage, type RowPage } from './select-page';

/** The run whose parts are listed. */
export interface RunKey {
  readonly tenant: string;
  readonly run: string;
}

/** Stands for a moment that has not come: behind all that have, and still a number. */
export const NOT_YET = Number.MAX_SAFE_INTEGER;

/** A step without its output. */
export type ListedStep = Omit<StepRow, 'output'>;

/** An attempt without its input. */
export type ListedAttempt = Omit<AttemptRow, 'input'>;

/** Columns of a step without its output. */
export const STEP_COLUMNS = 'tenant, run, step, status, attempt, started_at, ended_at';

/** Columns of an attempt without its input. */
export const ATTEMPT_COLUMNS = `tenant, run, step, attempt, status, agent, capability, risk, policy,
  idempotency_key, runner, code, message, scheduled_at, ended_at`;

/** Steps of a run in the order in which they began. */
export async function listSteps(
  source: DataSource,
  { tenant, run }: RunKey,
  after: { readonly startedAt: number; readonly step: string },
  limit: number,
): Promise<RowPage<ListedStep>> {
  const began = `coalesce(started_at, ${NOT_YET})`;
  return selectPage(source, {
    columns: STEP_COLUMNS,
    bytes: '0',
    from: `steps WHERE tenant = $1 AND run = $2 AND (${began}, step) > ($3::bigint, $4)`,
    order: `${began}, step`,
    values: [tenant, run, after.startedAt, after.step],
    rowsMax: limit,
  });
}

/** Attempts of a run, oldest first. */
export async function listAttempts(
  source: DataSource,
  { tenant, run }: RunKey,
  after: { readonly scheduledAt: number; readonly step: string; readonly attempt: number },
  limit: number,
): Promise<RowPage<ListedAttempt>> {
  const began = `coalesce(scheduled_at, ${NOT_YET})`;
  return selectPage(source, {
    columns: ATTEMPT_COLUMNS,
    bytes: 'octet_length(message)',
    from: `attempts WHERE tenant = $1 AND run = $2
      AND (${began}, step, attempt) > ($3::bigint, $4, $5::int)`,
    order: `${began}, step, attempt`,
    values: [tenant, run, after.scheduledAt, after.step, after.attempt],
    rowsMax: limit,
  });
}

/** Checkpoints of a run, oldest first. */
export async function listCheckpoints(
  source: DataSource,
  { tenant, run }: RunKey,
  after: { readonly sequence: number; readonly label: string },
  limit: number,
): Promise<RowPage<CheckpointRow>> {
  return selectPage(source, {
    columns: '*',
    bytes: 'octet_length(steps)',
    from: `checkpoints WHERE tenant = $1 AND run = $2 AND (sequence, label) > ($3::bigint, $4)`,
    order: 'sequence, label',
    values: [tenant, run, after.sequence, after.label],
    rowsMax: limit,
  });
}

/** How much of a list is asked for. */
export interface Extent {
  readonly rowsMax: number;
  readonly bytesMax?: number;
}

/** Events of a run behind a sequence, in order. */
export async function eventsOf(
  source: DataSource,
  { tenant, run }: RunKey,
  after: number,
  extent: Extent,
): Promise<RowPage<AuditRow>> {
  return selectPage(source, {
    columns: '*',
    bytes: 'octet_length(data)',
    from: 'audit WHERE tenant = $1 AND run = $2 AND sequence > $3::bigint',
    order: 'sequence',
    values: [tenant, run, after],
    ...extent,
  });
}

/**
 * The audit trail of a run: its events and the commands that were refused, in log order. Only
 * places and sizes are sorted, then the rows of one page are read.
 */
export async function auditOf(
  source: DataSource,
  { tenant, run }: RunKey,
  after: { readonly partition: number; readonly offset: number },
  extent: Extent,
): Promise<RowPage<AuditRow>> {
  const { rows: places, hasMore } = await selectPage<{ partition: number; offset: string }>(
    source,
    {
      columns: 'partition, "offset"',
      bytes: 'octet_length(data)',
      from: `audit WHERE tenant = $1 AND run = $2
        AND (partition, "offset") > ($3::int, $4::bigint)`,
      order: 'partition, "offset"',
      values: [tenant, run, after.partition, after.offset],
      ...extent,
    },
  );
  const rows = await source.query<AuditRow[]>(
    `SELECT a.* FROM audit a
     JOIN unnest($1::int[], $2::bigint[]) AS p (partition, "offset") USING (partition, "offset")
     ORDER BY partition, "offset"`,
    [places.map(({ partition }) => partition), places.map(({ offset }) => offset)],
  );
  return { rows, hasMore };
}
