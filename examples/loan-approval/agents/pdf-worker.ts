// Reads PDF files in a thread of its own, which can be ended when a file takes too much.
import { parentPort } from 'node:worker_threads';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { rowsOf, type Row, type Run } from './pdf-lines.ts';

/** What the thread answers: all rows, or why there are none. */
export type Answer = { readonly rows: readonly Row[] } | { readonly problem: string };

/** An application's document is a few pages long. */
const PAGES_MAX = 50;
const RUNS_MAX = 100_000;

interface TextItem {
  readonly str?: string;
  readonly dir?: string;
  readonly width: number;
  readonly height: number;
  readonly transform: readonly number[];
}

async function read(data: Uint8Array): Promise<Answer> {
  const task = getDocument({ data, verbosity: 0, useSystemFonts: false, disableFontFace: true });
  try {
    const document = await task.promise;
    if (document.numPages > PAGES_MAX) {
      return { problem: `${document.numPages} pages where at most ${PAGES_MAX} are read` };
    }
    const rows: Row[] = [];
    let runs = 0;
    for (let number = 1; number <= document.numPages; number += 1) {
      const page = await document.getPage(number);
      const view = page.getViewport({ scale: 1 });
      const { items } = await page.getTextContent();
      runs += items.length;
      if (runs > RUNS_MAX) return { problem: `more than ${RUNS_MAX} pieces of text` };
      rows.push(...rowsOf((items as readonly TextItem[]).flatMap((item) => runOf(item, view))));
    }
    return { rows };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  } finally {
    await task.destroy();
  }
}

/** How a page is turned and scaled until a reader sees it, and how large it then is. */
interface View {
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** Lengths that a letter may stand over the edge, as rounding leaves it. */
const EDGE = 1;

/** A run where a reader of the page sees it: pages and texts may be turned. */
function runOf(item: TextItem, view: View): readonly Run[] {
  const { str = '', dir, width, transform } = item;
  const [pa = 1, pb = 0, pc = 0, pd = 1, pe = 0, pf = 0] = view.transform;
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = transform;
  const radians = Math.atan2(pb * a + pd * b, pa * a + pc * b);
  const size = Math.hypot(pa * c + pc * d, pb * c + pd * d);
  const x = pa * e + pc * f + pe;
  const y = pb * e + pd * f + pf;
  if (![radians, size, x, y, width].every(Number.isFinite)) return [];
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const isOnPage = [0, width].every((way) => isOn(view, x + way * cos, y + way * sin));
  const left = x * cos + y * sin;
  const turned = { left, right: left + width, base: y * cos - x * sin };
  const angle = (Math.round((radians * 180) / Math.PI) + 360) % 360;
  return [{ text: str, angle, size, isOnPage, isRightToLeft: dir === 'rtl', ...turned }];
}

function isOn({ width, height }: View, x: number, y: number): boolean {
  return x >= -EDGE && x <= width + EDGE && y >= -EDGE && y <= height + EDGE;
}

parentPort?.on('message', (data: Uint8Array) => {
  void read(data).then((answer) => parentPort?.postMessage(answer));
});
