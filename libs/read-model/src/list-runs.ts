import type { DataSource } from 'typeorm';
import type { RunRow } from './tables';
import { selectPage, type RowPage } from './select-page';

/** Which runs to list. */
export interface RunFilter {
  readonly status?: string | undefined;
  readonly workflow?: string | undefined;
  /** The last run of the page before. */
  readonly before?: { readonly startedAt: number | null; readonly run: string } | undefined;
  readonly limit: number;
}

/** A run without its values: what a list and a question for its existence need. */
export type RunHead = Omit<RunRow, 'input' | 'output'>;

/** A run in a list; `held` says that it waits for a person. */
export type ListedRun = RunHead & { readonly held: boolean };

/** Columns of a run that are no values of its author's. */
export const HEAD_COLUMNS = `tenant, run, partition, workflow, version, definition, policy, status,
  requester, code, message, started_at, ended_at, sequence, first_offset, last_offset`;

/** Runs of a tenant, newest first; one whose start is not known stands before all. */
export async function listRuns(
  source: DataSource,
  tenant: string,
  { status, workflow, before, limit }: RunFilter,
): Promise<RowPage<ListedRun>> {
  const values: unknown[] = [tenant];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [
    'tenant = $1',
    ...(status === undefined ? [] : [`status = ${given(status)}`]),
    ...(workflow === undefined ? [] : [`workflow = ${given(workflow)}`]),
    ...(before === undefined ? [] : [isBefore(before, given)]),
  ];
  return selectPage(source, {
    columns: `${HEAD_COLUMNS}, EXISTS (SELECT FROM gates g WHERE g.tenant = runs.tenant
      AND g.run = runs.run AND g.status = 'open') AS held`,
    bytes: 'octet_length(message)',
    from: `runs WHERE ${conditions.join(' AND ')}`,
    order: 'started_at DESC, run DESC',
    values,
    rowsMax: limit,
  });
}

function isBefore(
  { startedAt, run }: NonNullable<RunFilter['before']>,
  given: (value: unknown) => string,
): string {
  return startedAt === null
    ? `(started_at IS NOT NULL OR run < ${given(run)})`
    : `(started_at, run) < (${given(startedAt)}::bigint, ${given(run)})`;
}
