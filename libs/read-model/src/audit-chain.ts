import { hash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Row } from './table';
import type { AuditRow } from './tables';

/** What stands before the first row of a chain. */
export const GENESIS = '0'.repeat(64);

const SEALED = [
  'partition',
  'offset',
  'epoch',
  'seq',
  'tenant',
  'run',
  'sequence',
  'type',
  'actor',
  'at',
  'cause',
  'traceparent',
  'policy',
  'data',
] as const;

/** Hash of an audit row: over its content and the hash of the row before it in its chain. */
export function hashOfRow(previous: string, row: Row): string {
  const content = SEALED.map((name) => (row[name] === null ? null : String(row[name])));
  return hash('sha256', previous + JSON.stringify(content));
}

/** Where a chain is broken. */
export interface BrokenAudit {
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
}

const PAGE = 5_000;

/** Walks a tenant's chains from their first row and names the first that does not hold. */
export async function verifyAudit(
  source: DataSource,
  tenant: string,
): Promise<{ readonly rows: number; readonly broken: BrokenAudit | null }> {
  const heads = await source.query<{ partition: number; hash: string }[]>(
    'SELECT partition, hash FROM audit_heads WHERE tenant = $1 ORDER BY partition',
    [tenant],
  );
  let rows = 0;
  for (const { partition, hash } of heads) {
    const walked = await walk(source, tenant, partition, hash);
    rows += walked.rows;
    if (walked.broken !== null) return { rows, broken: walked.broken };
  }
  return { rows, broken: null };
}

async function walk(source: DataSource, tenant: string, partition: number, head: string) {
  let [previous, after, rows] = [GENESIS, '-1', 0];
  for (;;) {
    const page = await source.query<AuditRow[]>(
      `SELECT * FROM audit WHERE tenant = $1 AND partition = $2 AND "offset" > $3
       ORDER BY "offset" LIMIT ${PAGE}`,
      [tenant, partition, after],
    );
    for (const row of page) {
      const broken = whyBroken(previous, row);
      if (broken !== null)
        return { rows, broken: { partition, offset: row.offset, reason: broken } };
      previous = row.hash;
      after = row.offset;
      rows += 1;
    }
    if (page.length < PAGE) break;
  }
  const reason = `expected the chain to end in ${head}, found ${previous}; rows are missing`;
  return { rows, broken: previous === head ? null : { partition, offset: after, reason } };
}

function whyBroken(previous: string, row: AuditRow): string | null {
  if (row.prev_hash !== previous) return `expected the row to follow ${previous}, found another`;
  const hash = hashOfRow(previous, row);
  if (row.hash !== hash) return `expected the hash ${hash} of its content, found ${row.hash}`;
  return null;
}
