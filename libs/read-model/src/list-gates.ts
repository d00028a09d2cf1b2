import type { DataSource } from 'typeorm';
import type { GateRow } from './tables';
import { selectPage, type RowPage } from './select-page';

/** A gate without what it shows. */
export type ListedGate = Omit<GateRow, 'shown' | 'shown_digest' | 'editable'>;

/** Columns of a gate without what it shows. */
export const GATE_COLUMNS = `tenant, gate, run, step, status, cause, title, groups, requester,
  policy, opened_at, due_at, closed_at`;

/** Which gates to list. */
export interface GateFilter {
  /** Groups of whom any may decide. */
  readonly groups: readonly string[];
  /** Null for all. */
  readonly status: string | null;
  /** The last gate of the page before, with the moment that the list is ordered by. */
  readonly after?: { readonly at: number; readonly gate: string } | undefined;
  readonly limit: number;
}

/** Which moment a list of gates is ordered by: open ones by urgency, others newest first. */
export function orderOfGates(status: string | null): {
  readonly column: 'due_at' | 'opened_at';
  readonly isRising: boolean;
} {
  const isOpen = status === 'open';
  return { column: isOpen ? 'due_at' : 'opened_at', isRising: isOpen };
}

/** Gates of a tenant that any of these groups may decide. */
export async function listGates(
  source: DataSource,
  tenant: string,
  { groups, status, after, limit }: GateFilter,
): Promise<RowPage<ListedGate>> {
  const { column, isRising } = orderOfGates(status);
  const values: unknown[] = [tenant, groups];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [
    'tenant = $1',
    `${column} IS NOT NULL`,
    'EXISTS (SELECT FROM json_array_elements_text(groups::json) g WHERE g = ANY ($2))',
    ...(status === null ? [] : [`status = ${given(status)}`]),
    ...(after === undefined
      ? []
      : [
          `(${column}, gate) ${isRising ? '>' : '<'} (${given(after.at)}::bigint, ${given(after.gate)})`,
        ]),
  ];
  const way = isRising ? 'ASC' : 'DESC';
  return selectPage(source, {
    columns: GATE_COLUMNS,
    bytes: 'octet_length(title) + octet_length(groups)',
    from: `gates WHERE ${conditions.join(' AND ')}`,
    order: `${column} ${way}, gate ${way}`,
    values,
    rowsMax: limit,
  });
}
