import { LIMITS } from '@fermata/contracts';
import type { DataSource } from 'typeorm';
import type { AttemptRow, CheckpointRow, RunRow, StepRow } from './tables';
import { HEAD_COLUMNS, type RunHead } from './list-runs';
import { ATTEMPT_COLUMNS, STEP_COLUMNS, type ListedAttempt, type RunKey } from './list-parts';
import { GATE_COLUMNS, type ListedGate } from './list-gates';

/** Bytes of a value that was left out of a view, since the whole would be too large. */
interface Sized {
  readonly left_out: string | null;
}

/** A gate with what it shows, as far as there is room for it. */
export type ViewedGate = ListedGate & Sized & { readonly shown: string | null };

/** A run with its parts, as much of them as one answer may hold. */
export interface RunView {
  readonly run: RunRow;
  readonly steps: readonly (StepRow & Sized)[];
  /** The newest attempts, in the order of steps. */
  readonly attempts: readonly ListedAttempt[];
  readonly attemptCount: number;
  readonly gates: readonly ViewedGate[];
  readonly checkpoints: readonly CheckpointRow[];
}

/** A run of a tenant without its values, or null. */
export async function findRunHead(
  source: DataSource,
  { tenant, run }: RunKey,
): Promise<RunHead | null> {
  const text = `SELECT ${HEAD_COLUMNS} FROM runs WHERE tenant = $1 AND run = $2`;
  const [found] = await source.query<RunHead[]>(text, [tenant, run]);
  return found ?? null;
}

/**
 * One run with its parts, or null. Values of steps and gates are given while there is room for
 * them, in order; the others are null, with their size.
 */
export async function viewRun(source: DataSource, key: RunKey): Promise<RunView | null> {
  const ask = <T>(text: string): Promise<T[]> => source.query(text, [key.tenant, key.run]);
  const [run] = await ask<RunRow>('SELECT * FROM runs WHERE tenant = $1 AND run = $2');
  if (run === undefined) return null;
  const [steps, attempts, [count], gates, checkpoints] = await Promise.all([
    ask<StepRow & Sized>(
      withValues('steps', STEP_COLUMNS, 'output', 'started_at NULLS LAST, step'),
    ),
    ask<ListedAttempt>(NEWEST_ATTEMPTS),
    ask<{ attempts: number }>(
      'SELECT count(*)::int AS attempts FROM attempts WHERE tenant = $1 AND run = $2',
    ),
    ask<ViewedGate>(withValues('gates', GATE_COLUMNS, 'shown', 'opened_at, gate')),
    ask<CheckpointRow>(
      'SELECT * FROM checkpoints WHERE tenant = $1 AND run = $2 ORDER BY sequence, label',
    ),
  ]);
  return { run, steps, attempts, attemptCount: count?.attempts ?? 0, gates, checkpoints };
}

/** What an agent said of a failure is cut here: the list of attempts has it whole. */
const NEWEST_ATTEMPTS = `SELECT * FROM (
    SELECT ${ATTEMPT_COLUMNS.replace('message', `left(message, ${LIMITS.reasonCharsMax}) AS message`)}
    FROM attempts WHERE tenant = $1 AND run = $2
    ORDER BY scheduled_at DESC, step DESC, attempt DESC LIMIT ${LIMITS.viewAttemptsMax}) a
  ORDER BY step, attempt`;

/** Rows of a run with a value each, while all values before it and itself fit into a view. */
function withValues(table: string, columns: string, value: string, order: string): string {
  const upto = `sum(octet_length(${value})) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)`;
  return `SELECT ${columns},
      CASE WHEN upto <= ${LIMITS.viewBytesMax} THEN ${value} END AS ${value},
      CASE WHEN upto > ${LIMITS.viewBytesMax} THEN octet_length(${value}) END AS left_out
    FROM (SELECT *, ${upto} AS upto FROM ${table} WHERE tenant = $1 AND run = $2) t
    ORDER BY ${order}`;
}

/** A step of a run, or null. */
export async function findStep(
  source: DataSource,
  { tenant, run }: RunKey,
  step: string,
): Promise<StepRow | null> {
  const text = 'SELECT * FROM steps WHERE tenant = $1 AND run = $2 AND step = $3';
  const [found] = await source.query<StepRow[]>(text, [tenant, run, step]);
  return found ?? null;
}

/** The last attempt at a step of a run, with its input, or null. */
export async function findLastAttempt(
  source: DataSource,
  { tenant, run }: RunKey,
  step: string,
): Promise<AttemptRow | null> {
  const text = `SELECT * FROM attempts WHERE tenant = $1 AND run = $2 AND step = $3
    ORDER BY attempt DESC LIMIT 1`;
  const [found] = await source.query<AttemptRow[]>(text, [tenant, run, step]);
  return found ?? null;
}

/** A checkpoint of a run with the outputs of its steps, or null. */
export async function findCheckpoint(
  source: DataSource,
  { tenant, run }: RunKey,
  label: string,
): Promise<{ readonly checkpoint: CheckpointRow; readonly steps: readonly StepRow[] } | null> {
  const text = 'SELECT * FROM checkpoints WHERE tenant = $1 AND run = $2 AND label = $3';
  const [checkpoint] = await source.query<CheckpointRow[]>(text, [tenant, run, label]);
  if (checkpoint === undefined) return null;
  const names: unknown = JSON.parse(checkpoint.steps);
  const steps = await source.query<StepRow[]>(
    'SELECT * FROM steps WHERE tenant = $1 AND run = $2 AND step = ANY ($3) ORDER BY step',
    [tenant, run, names],
  );
  return { checkpoint, steps };
}
