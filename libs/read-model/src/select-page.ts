import { LIMITS } from '@fermata/contracts';
import type { DataSource } from 'typeorm';

/** Rows of a list, and whether there are more behind them. */
export interface RowPage<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/** What a page is selected from. */
export interface PageSource {
  readonly columns: string;
  /** Size of a row's values in bytes, as an expression: values are not read for it. */
  readonly bytes: string;
  /** Tables and conditions; `$1` and so on stand for `values`. */
  readonly from: string;
  /** A total order, over the columns of the page. */
  readonly order: string;
  readonly values: readonly unknown[];
  readonly rowsMax: number;
  readonly bytesMax?: number;
}

/**
 * Selects a page. It ends by rows, and by the bytes of its values before the database sends them,
 * so that neither side ever holds more; a page has at least one row, however large.
 */
export async function selectPage<Row>(
  source: DataSource,
  { columns, bytes, from, order, values, rowsMax, bytesMax }: PageSource,
): Promise<RowPage<Row>> {
  const max = bytesMax ?? LIMITS.pageBytesMax;
  const at = (more: number): string => `$${values.length + more}`;
  const rows = await source.query<(Row & { readonly page_found: string })[]>(
    `SELECT * FROM (
       SELECT p.*, count(*) OVER () AS page_found, row_number() OVER w AS page_row,
         sum(page_bytes) OVER w - page_bytes AS page_before
       FROM (SELECT ${columns}, coalesce(${bytes}, 0)::bigint AS page_bytes
             FROM ${from} ORDER BY ${order} LIMIT ${at(1)}::int + 1) p
       WINDOW w AS (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)) q
     WHERE page_row <= ${at(1)}::int AND page_before < ${at(2)}::bigint ORDER BY page_row`,
    [...values, rowsMax, max],
  );
  return { rows, hasMore: Number(rows[0]?.page_found ?? 0) > rows.length };
}
