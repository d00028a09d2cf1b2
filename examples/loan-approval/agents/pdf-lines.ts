// What stands on one line of a page belongs together, whatever fonts it is set in.

/** A run of text in one font, as a PDF places it. Lengths are points; down the page grows. */
export interface Run {
  readonly text: string;
  /** Direction of its line in whole degrees: 0 reads from left to right. */
  readonly angle: number;
  readonly left: number;
  readonly right: number;
  /** Where its line stands, from the top of a page that is turned so that the line is level. */
  readonly base: number;
  readonly size: number;
  readonly isRightToLeft: boolean;
  /** Whether it stands on the page from its first to its last letter. */
  readonly isOnPage: boolean;
}

/** Words that stand together, with their edges in points. */
export interface Cell {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly base: number;
  readonly size: number;
  readonly isOnPage: boolean;
}

/** Cells on one line of a page, from left to right. */
export type Row = readonly Cell[];

/** Runs whose bases differ by less of their size stand on one line. */
const SAME_LINE = 0.35;
/** A gap of more of the size is a space between words; of much more, a new cell. */
const WORD_GAP = 0.12;
const CELL_GAP = 0.5;
/** What is set in another size is another thing, such as the next label. */
const SAME_SIZE = 0.12;

/** The rows of a page, from its top; lines of another direction come after those that are level. */
export function rowsOf(runs: readonly Run[]): Row[] {
  const shown = runs.filter(({ text }) => text.trim() !== '');
  const angles = [...new Set(shown.map(({ angle }) => angle))].sort((a, b) => a - b);
  return angles.flatMap((angle) =>
    linesOf(shown.filter((run) => run.angle === angle)).map(cellsOf),
  );
}

function linesOf(runs: readonly Run[]): Run[][] {
  const lines: Run[][] = [];
  for (const run of [...runs].sort((a, b) => a.base - b.base)) {
    const line = lines.at(-1);
    const [first] = line ?? [];
    const isSame =
      first !== undefined && run.base - first.base <= SAME_LINE * Math.min(run.size, first.size);
    if (line !== undefined && isSame) line.push(run);
    else lines.push([run]);
  }
  return lines;
}

function cellsOf(line: readonly Run[]): Row {
  const cells: Run[][] = [];
  for (const run of [...line].sort((a, b) => a.left - b.left)) {
    const cell = cells.at(-1);
    const before = cell?.at(-1);
    if (cell !== undefined && before !== undefined && isNear(before, run)) cell.push(run);
    else cells.push([run]);
  }
  return cells.map(cellOf);
}

function isNear(before: Run, after: Run): boolean {
  if (!haveOneSize(before, after)) return false;
  const gap = after.left - before.right;
  // Text drawn over other text is no part of it; an accent that stands over its letter is.
  const overlap = Math.min(before.right, after.right) - after.left;
  return gap <= CELL_GAP * after.size && overlap <= 0.6 * after.size;
}

/** Whether two texts are set in one size: a font that stands in for another keeps it. */
export function haveOneSize(one: Pick<Run, 'size'>, other: Pick<Run, 'size'>): boolean {
  return Math.abs(one.size - other.size) <= SAME_SIZE * Math.max(one.size, other.size);
}

function cellOf(runs: readonly Run[]): Cell {
  const letters = (isRightToLeft: boolean): number =>
    runs
      .filter((run) => run.isRightToLeft === isRightToLeft)
      .reduce((sum, { text }) => sum + text.length, 0);
  const isRightToLeft = letters(true) > letters(false);
  const inOrder = isRightToLeft ? [...runs].reverse() : runs;
  let text = '';
  inOrder.forEach((run, index) => {
    const before = inOrder[index - 1];
    const gap = before === undefined ? 0 : gapOf(before, run);
    text += gap > WORD_GAP * run.size ? ` ${run.text}` : run.text;
  });
  const { base } = runs[0] ?? { base: 0 };
  return {
    text: readable(text),
    left: Math.min(...runs.map(({ left }) => left)),
    right: Math.max(...runs.map(({ right }) => right)),
    base,
    size: Math.max(...runs.map(({ size }) => size)),
    isOnPage: runs.every(({ isOnPage }) => isOnPage),
  };
}

function gapOf(one: Run, other: Run): number {
  return Math.max(other.left - one.right, one.left - other.right);
}

/** Letters as they are written: an accent joined to its letter, a ligature taken apart. */
function readable(text: string): string {
  const apart = text.replace(/[\uFB00-\uFB4F\uFB50-\uFDFF\uFE70-\uFEFC]/gu, (one) =>
    one.normalize('NFKC'),
  );
  return apart.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
