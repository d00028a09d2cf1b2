import type { DataSource } from 'typeorm';
import type {
  ApprovalRow,
  AttemptRow,
  AuditRow,
  CheckpointRow,
  GateRow,
  RunRow,
  StepRow,
} from './tables';

/** A place in the log, as the projection has saved it. */
export interface SavedPlace {
  readonly offset: number;
  readonly epoch: number;
  readonly seq: number;
}

/** Which runs to list. */
export interface RunFilter {
  readonly status?: string | undefined;
  readonly workflow?: string | undefined;
  /** Cursor of the page before: `started_at/run` of its last row. */
  readonly before?: { readonly startedAt: string; readonly run: string } | undefined;
  readonly limit: number;
}

/** A run with all that is known of it. */
export interface RunDetail {
  readonly run: RunRow;
  readonly steps: readonly StepRow[];
  readonly attempts: readonly AttemptRow[];
  readonly gates: readonly GateRow[];
  readonly checkpoints: readonly CheckpointRow[];
}

/** A run in a list; `held` says that it waits for a person. */
export type ListedRun = RunRow & { readonly held: boolean };

/** Runs of a tenant, newest first. */
export async function listRuns(
  source: DataSource,
  tenant: string,
  filter: RunFilter,
): Promise<ListedRun[]> {
  const { status = null, workflow = null, before, limit } = filter;
  return source.query(
    `SELECT *, EXISTS (SELECT FROM gates g
         WHERE g.tenant = runs.tenant AND g.run = runs.run AND g.status = 'open') AS held
     FROM runs WHERE tenant = $1
       AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR workflow = $3)
       AND ($4::bigint IS NULL OR (started_at, run) < ($4, $5))
     ORDER BY started_at DESC, run DESC LIMIT $6`,
    [tenant, status, workflow, before?.startedAt ?? null, before?.run ?? null, limit],
  );
}

/** One run of a tenant, or null. Another tenant's run is no different from one that is not. */
export async function findRun(
  source: DataSource,
  tenant: string,
  run: string,
): Promise<RunDetail | null> {
  const of = (table: string, order: string) =>
    source.query(`SELECT * FROM ${table} WHERE tenant = $1 AND run = $2 ORDER BY ${order}`, [
      tenant,
      run,
    ]);
  const [found] = await of('runs', 'run');
  if (found === undefined) return null;
  const [steps, attempts, gates, checkpoints] = await Promise.all([
    of('steps', 'started_at NULLS LAST, step'),
    of('attempts', 'step, attempt'),
    of('gates', 'opened_at, gate'),
    of('checkpoints', 'sequence, label'),
  ]);
  return { run: found, steps, attempts, gates, checkpoints };
}

/** Events of a run behind a sequence, in order. */
export async function eventsOf(
  source: DataSource,
  tenant: string,
  run: string,
  after: number,
  limit: number,
): Promise<AuditRow[]> {
  return source.query(
    `SELECT * FROM audit WHERE tenant = $1 AND run = $2 AND sequence > $3
     ORDER BY sequence LIMIT $4`,
    [tenant, run, after, limit],
  );
}

/** The audit trail of a run: its events and the commands that were refused, in log order. */
export async function auditOf(
  source: DataSource,
  tenant: string,
  run: string,
  limit: number,
): Promise<AuditRow[]> {
  return source.query(
    `SELECT * FROM audit WHERE tenant = $1 AND run = $2 ORDER BY partition, "offset" LIMIT $3`,
    [tenant, run, limit],
  );
}

/** Gates of a tenant that any of these groups may decide, soonest due first. */
export async function listGates(
  source: DataSource,
  tenant: string,
  groups: readonly string[],
  status: string | null,
  limit: number,
): Promise<GateRow[]> {
  return source.query(
    `SELECT * FROM gates WHERE tenant = $1 AND ($2::text IS NULL OR status = $2)
       AND EXISTS (SELECT FROM json_array_elements_text(groups::json) g WHERE g = ANY ($3))
     ORDER BY due_at, gate LIMIT $4`,
    [tenant, status, groups, limit],
  );
}

/** One gate of a tenant with the decision on it, if there is one. */
export async function findGate(
  source: DataSource,
  tenant: string,
  gate: string,
): Promise<{ readonly gate: GateRow; readonly approval: ApprovalRow | null } | null> {
  const [[found], [approval]] = await Promise.all([
    source.query('SELECT * FROM gates WHERE tenant = $1 AND gate = $2', [tenant, gate]),
    source.query('SELECT * FROM approvals WHERE tenant = $1 AND gate = $2', [tenant, gate]),
  ]);
  return found === undefined ? null : { gate: found, approval: approval ?? null };
}

/** How far the projection of a partition has come, or null before its first batch. */
export async function savedPlace(
  source: DataSource,
  partition: number,
): Promise<SavedPlace | null> {
  const [row] = await source.query('SELECT * FROM positions WHERE partition = $1', [partition]);
  if (row === undefined) return null;
  return { offset: Number(row.offset), epoch: Number(row.epoch), seq: Number(row.seq) };
}

/** Offsets that the projection has come to, by partition. */
export async function savedOffsets(source: DataSource): Promise<ReadonlyMap<number, number>> {
  const rows = await source.query('SELECT partition, "offset" FROM positions');
  return new Map(
    rows.map((row: { partition: number; offset: string }) => [row.partition, Number(row.offset)]),
  );
}

const WAIT_MAX_MS = 2_000;
const ASK_EVERY_MS = 5;

/** Waits, for two seconds at most, until the projection has taken in an offset. */
export async function waitForOffset(
  source: DataSource,
  partition: number,
  offset: number,
): Promise<void> {
  const until = Date.now() + WAIT_MAX_MS;
  while (((await savedPlace(source, partition))?.offset ?? -1) < offset && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
