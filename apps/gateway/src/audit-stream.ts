import type { ServerResponse } from 'node:http';
import { LIMITS, NDJSON } from '@fermata/contracts';
import { auditOf, type RunHead } from '@fermata/read-model';
import { PacedAnswer, type ReadingRoom } from '@fermata/service';
import type { Edge } from './edge';
import { auditView } from './views';

/** Rows that one look takes at most; it ends by bytes long before that where rows are large. */
const ROWS_MAX = 500;

/** A run's audit trail behind a place, a row a line, as fast as it is read; looks take turns. */
export async function streamAudit(
  edge: Edge,
  looks: ReadingRoom,
  run: RunHead,
  after: { readonly partition: number; readonly offset: number },
  answer: ServerResponse,
): Promise<void> {
  answer.writeHead(200, { 'Content-Type': NDJSON });
  const paced = new PacedAnswer(answer);
  const extent = { rowsMax: ROWS_MAX, bytesMax: LIMITS.streamChunkBytes };
  for (let from = after; paced.isOpen; ) {
    const { text, next } = await looks.within(run.tenant, async () => {
      const { rows, hasMore } = await auditOf(edge.source, run, from, extent);
      const last = hasMore ? rows.at(-1) : undefined;
      const lines = rows.map((row) => `${JSON.stringify(auditView(row))}\n`);
      const next = last && { partition: last.partition, offset: Number(last.offset) };
      return { text: lines.join(''), next };
    });
    if (!(await paced.write(text))) return;
    if (next === undefined) break;
    from = next;
  }
  answer.end();
}
