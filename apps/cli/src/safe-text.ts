import { line, safeText, type Line } from '@fermata/contracts';

export { line, safeJson, safeLines, safeText, type Line } from '@fermata/contracts';

const SHOWN_MAX = 4_000;

/** A JSON value for a person: indented, inert, and folded with its size when it is long. */
export function shownJson(value: unknown, indent = ''): string {
  // By line, as people read it: scripts and emoji keep their joiners.
  const text = (JSON.stringify(value, null, 2) ?? 'null').split('\n').map(safeText).join('\n');
  const folded =
    text.length <= SHOWN_MAX
      ? text
      : `${text.slice(0, SHOWN_MAX)}\n… ${text.length - SHOWN_MAX} more characters; use --json`;
  return folded.replaceAll('\n', `\n${indent}`);
}

/** A JSON value for a person, as lines behind an indent. */
export function jsonLines(value: unknown, indent: string): Line[] {
  return shownJson(value)
    .split('\n')
    .map((one) => line`${indent}${one}`);
}
