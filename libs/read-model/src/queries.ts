import type { DataSource } from 'typeorm';
import type { ApprovalRow, AttemptRow, CheckpointRow, GateRow, RunRow, StepRow } from './tables';

/** A place in the log, as the projection has saved it. */
export interface SavedPlace {
  readonly offset: number;
  readonly epoch: number;
  readonly seq: number;
}

/** A run with all that is known of it. */
export interface RunDetail {
  readonly run: RunRow;
  readonly steps: readonly StepRow[];
  readonly attempts: readonly AttemptRow[];
  readonly gates: readonly GateRow[];
  readonly checkpoints: readonly CheckpointRow[];
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
