import type { ServerResponse } from 'node:http';
import { LIMITS, NDJSON } from '@fermata/contracts';
import { auditOf, type RunHead } from '@fermata/read-model';
import { PacedAnswer } from '@fermata/service';
import type { Edge } from './edge';
import { auditView } from './views';

/** Rows that one look takes at most; it ends by bytes long before that where rows are large. */
const ROWS_MAX = 500;

/** All of a run's audit trail behind a place, a row a line, as fast as it is read. */
export async function streamAudit(
  edge: Edge,
  run: RunHead,
  after: { readonly partition: number; readonly offset: number },
  answer: ServerResponse,
): Promise<void> {
  answer.writeHead(200, { 'Content-Type': NDJSON });
  const paced = new PacedAnswer(answer);
  const extent = { rowsMax: ROWS_MAX, bytesMax: LIMITS.streamChunkBytes };
  for (let from = after; paced.isOpen; ) {
    const { rows, hasMore } = await auditOf(edge.source, run, from, extent);
    const text = rows.map((row) => `${JSON.stringify(auditView(row))}\n`).join('');
    if (!(await paced.write(text))) return;
    const last = rows.at(-1);
    if (last === undefined || !hasMore) break;
    from = { partition: last.partition, offset: Number(last.offset) };
  }
  answer.end();
}
