import type { DataSource } from 'typeorm';
import type { ApprovalRow, AttemptRow, CheckpointRow, GateRow, RunRow, StepRow } from './tables';

/** A place in the log, as the projection has saved it. */
export interface SavedPlace {
  readonly offset: number;
  readonly epoch: number;
  readonly seq: number;
}

/** A place as PostgreSQL gives it: its wide numbers come as text. */
interface PlaceRow {
  readonly partition: number;
  readonly offset: string;
  readonly epoch: string;
  readonly seq: string;
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
  const of = <Row>(table: string, order: string): Promise<Row[]> =>
    source.query(`SELECT * FROM ${table} WHERE tenant = $1 AND run = $2 ORDER BY ${order}`, [
      tenant,
      run,
    ]);
  const [found] = await of<RunRow>('runs', 'run');
  if (found === undefined) return null;
  const [steps, attempts, gates, checkpoints] = await Promise.all([
    of<StepRow>('steps', 'started_at NULLS LAST, step'),
    of<AttemptRow>('attempts', 'step, attempt'),
    of<GateRow>('gates', 'opened_at, gate'),
    of<CheckpointRow>('checkpoints', 'sequence, label'),
  ]);
  return { run: found, steps, attempts, gates, checkpoints };
}

/** Answers to a gate: the decision is the last. */
const APPROVALS_OF =
  'SELECT * FROM approvals WHERE tenant = $1 AND gate = $2 ORDER BY at DESC, approver LIMIT 1';

/** One gate of a tenant with the decision on it, if there is one. */
export async function findGate(
  source: DataSource,
  tenant: string,
  gate: string,
): Promise<{ readonly gate: GateRow; readonly approval: ApprovalRow | null } | null> {
  const [[found], [approval]] = await Promise.all([
    source.query<GateRow[]>('SELECT * FROM gates WHERE tenant = $1 AND gate = $2', [tenant, gate]),
    source.query<ApprovalRow[]>(APPROVALS_OF, [tenant, gate]),
  ]);
  return found === undefined ? null : { gate: found, approval: approval ?? null };
}

/** How far the projection of a partition has come, or null before its first batch. */
export async function savedPlace(
  source: DataSource,
  partition: number,
): Promise<SavedPlace | null> {
  const text = 'SELECT * FROM positions WHERE partition = $1';
  const [row] = await source.query<PlaceRow[]>(text, [partition]);
  if (row === undefined) return null;
  return { offset: Number(row.offset), epoch: Number(row.epoch), seq: Number(row.seq) };
}

/** Offsets that the projection has come to, by partition. */
export async function savedOffsets(source: DataSource): Promise<ReadonlyMap<number, number>> {
  const text = 'SELECT partition, "offset" FROM positions';
  const rows = await source.query<Pick<PlaceRow, 'partition' | 'offset'>[]>(text);
  return new Map(rows.map((row) => [row.partition, Number(row.offset)]));
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
