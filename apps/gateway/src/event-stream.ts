import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault, isEndType, LIMITS } from '@fermata/contracts';
import { eventsOf, waitForOffset, type AuditRow, type RunHead } from '@fermata/read-model';
import { PacedAnswer, type ReadingRoom } from '@fermata/service';
import type { Edge } from './edge';
import { eventView } from './views';

/** Events that one look takes at most: small ones; large ones end it by their bytes. */
const EXTENT = { rowsMax: 500, bytesMax: LIMITS.streamChunkBytes };
const KEEP_ALIVE_MS = 15_000;

/**
 * A run's events as they come, from behind `Last-Event-ID` on: the id is the sequence, so that a
 * client that lost its connection misses nothing and sees nothing twice. Ends with the run: who
 * has seen all of it is told by 204 not to come back. It goes as fast as it is read: an event that
 * nobody takes in is read by nobody, and stays in the read model. Looks of many streams take turns:
 * all that are opened at once would make others wait for as many large events.
 */
export async function streamEvents(
  edge: Edge,
  looks: ReadingRoom,
  head: RunHead,
  request: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const { tenant, run, partition, sequence, ended_at: endedAt } = head;
  let last = lastSeen(request);
  let hasEnded = endedAt !== null;
  if (hasEnded && last >= Number(sequence)) {
    answer.writeHead(204).end();
    return;
  }
  const news = new News(edge, tenant, run);
  await news.expectAll(partition ?? 0);
  answer.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  answer.once('close', () => news.close());
  const paced = new PacedAnswer(answer);
  try {
    while (!news.isClosed) {
      const { text, types, hasMore, to } = await looks.within(tenant, async () => {
        const { rows, hasMore } = await eventsOf(edge.source, head, last, EXTENT);
        const to = Number(rows.at(-1)?.sequence ?? last);
        return { text: rows.map(block).join(''), types: rows.map(({ type }) => type), hasMore, to };
      });
      last = to;
      hasEnded ||= types.some(isEndType);
      if (!(await paced.write(text))) return;
      if (hasMore) continue;
      if (hasEnded) return;
      if (!(await news.next())) await paced.write(': still here\n\n');
    }
  } finally {
    news.close();
    answer.end();
  }
}

function block(row: AuditRow): string {
  return `id: ${row.sequence}\nevent: ${row.type}\ndata: ${JSON.stringify(eventView(row))}\n\n`;
}

function lastSeen(request: IncomingMessage): number {
  const said = request.headers['last-event-id']?.toString() ?? '0';
  const last = Number(said);
  if (Number.isSafeInteger(last) && last >= 0) return last;
  const found = `expected a sequence in Last-Event-ID, found "${said}"`;
  throw new Fault('COMMAND_MALFORMED', `${found}; send the id of the last event you saw`);
}

/** Tells that something new of a run stands in the read model. */
class News {
  private place: { readonly partition: number; readonly offset: number } | null = null;
  private wake: () => void = () => undefined;
  private readonly stop: () => void;
  isClosed = false;

  constructor(
    private readonly edge: Edge,
    tenant: string,
    run: string,
  ) {
    this.stop = edge.desk.listen(({ partition, entries }) => {
      for (const { event, place } of entries) {
        if (event.run !== run || event.tenant !== tenant) continue;
        this.place = { partition, offset: place.offset };
        this.wake();
      }
    });
  }

  /** Counts all that stands on the log by now as news: the read model may not know it yet. */
  async expectAll(partition: number): Promise<void> {
    const offset = (await this.edge.log.end('log', partition)) - 1;
    this.place ??= { partition, offset };
  }

  /** Waits for news; false when there was none for a while. */
  async next(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (this.place === null && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(resolve, KEEP_ALIVE_MS);
      });
    }
    clearTimeout(timer);
    const { place } = this;
    this.place = null;
    if (place !== null) await waitForOffset(this.edge.source, place.partition, place.offset);
    return place !== null || this.isClosed;
  }

  close(): void {
    this.isClosed = true;
    this.stop();
    this.wake();
  }
}
