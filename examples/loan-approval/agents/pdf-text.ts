// The words of a PDF file, in the rows in which a reader sees them.
import { AgentError } from '@fermata/sdk';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

/** Words that stand together, with their left and right edges in points. */
export interface Cell {
  readonly text: string;
  readonly left: number;
  readonly right: number;
}

/** Cells on one line of a page, from left to right. */
export type Row = readonly Cell[];

const BYTES_MAX = 5 * 1024 * 1024;

/** Reads all rows of a document, from the top of its first page to the end of its last. */
export async function readRows(path: string): Promise<readonly Row[]> {
  const bytes = await readBytes(path);
  // Loaded when it is needed: it is large, and most steps read no PDF.
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const task = getDocument({ data: new Uint8Array(bytes), verbosity: 0 });
  try {
    const document = await task.promise;
    const rows: Row[] = [];
    for (let page = 1; page <= document.numPages; page += 1) {
      const content = await (await document.getPage(page)).getTextContent();
      rows.push(...rowsOf(content.items as readonly TextItem[]));
    }
    return rows;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw unreadable(path, `a PDF document`, `"${found}"`, 'ask the applicant to send it again');
  } finally {
    await task.destroy();
  }
}

interface TextItem {
  readonly str?: string;
  readonly transform: readonly number[];
  readonly width: number;
}

async function readBytes(path: string): Promise<Buffer> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) throw unreadable(path, 'a file', 'none', 'send the missing document');
  if (size > BYTES_MAX) {
    throw unreadable(path, `at most ${BYTES_MAX} bytes`, `${size}`, 'send a smaller scan');
  }
  return await readFile(path);
}

function unreadable(path: string, expected: string, found: string, remedy: string): AgentError {
  const message = `expected ${expected} in ${basename(path)}, found ${found}; ${remedy}`;
  return new AgentError('DOCUMENT_UNREADABLE', message, false);
}

function rowsOf(items: readonly TextItem[]): Row[] {
  const byHeight = new Map<number, Cell[]>();
  for (const { str, transform, width } of items) {
    const [, , , , left = 0, bottom = 0] = transform;
    if (str === undefined || str.trim() === '') continue;
    const height = Math.round(bottom);
    const cell = { text: str.trim(), left, right: left + width };
    byHeight.set(height, [...(byHeight.get(height) ?? []), cell]);
  }
  const fromTop = [...byHeight].sort(([a], [b]) => b - a);
  return fromTop.map(([, cells]) => cells.sort((a, b) => a.left - b.left));
}
