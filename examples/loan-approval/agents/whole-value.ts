// A value that is read in part is worse than none: a wrong name on a letter looks like a right one.
import { haveOneSize, type Cell, type Row } from './pdf-lines.ts';

/** Characters that stand for a letter which the file does not tell, or for an accent left alone. */
const ODD = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\uFFFD\u02C6\u02C7\u02D8-\u02DD\u00A8\u00B8]/u;
/** What stands nearer than this, in sizes of the text, may be more of the value. */
const NEAR = 1.5;
/** Lines of one paragraph are not farther apart than this. */
const NEXT_LINE = 1.6;
/** Points by which left edges of one column differ. */
const SAME_EDGE = 2;

/** Why the value in a row may be a part of what its reader sees, or null. */
export function whyCut(row: Row, at: number, below: Row): string | null {
  const value = row[at];
  if (value === undefined) return null;
  const odd = ODD.exec(value.text)?.[0];
  if (odd !== undefined) return `in which ${nameOf(odd)} stands for a letter`;
  if (/(?:…|\.\.\.|-)$/u.test(value.text)) return 'which is cut off';
  if (!value.isOnPage) return 'which runs off the page';
  const next = row[at + 1];
  if (next !== undefined && mayBelongTo(value, next)) return `with "${next.text}" close behind it`;
  const more = goesOnIn(below, value, row[at - 1]);
  return more === undefined ? null : `which goes on with "${more.text}" below`;
}

function mayBelongTo(value: Cell, next: Cell): boolean {
  const gap = next.left - value.right;
  if (gap < -0.3 * value.size) return true;
  return haveOneSize(value, next) && gap < NEAR * value.size;
}

/** What stands under a value and under no label of its own. */
function goesOnIn(below: Row, value: Cell, label: Cell | undefined): Cell | undefined {
  const more = below.find((cell) => Math.abs(cell.left - value.left) <= SAME_EDGE);
  if (more === undefined || !haveOneSize(more, value)) return undefined;
  const distance = more.base - value.base;
  if (distance <= 0 || distance > NEXT_LINE * value.size) return undefined;
  const from = (label?.left ?? 0) - SAME_EDGE;
  const hasLabel = below.some(({ left, right }) => left >= from && right <= value.left);
  return hasLabel ? undefined : more;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
