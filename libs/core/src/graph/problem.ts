import type { ErrorCode } from '@fermata/contracts';

/** What is wrong with a definition, and where in it. */
export interface Problem {
  readonly code: ErrorCode;
  /** What was expected, what was found, and what to do. */
  readonly message: string;
  /** Keys from the definition's root to the place. */
  readonly path: readonly (string | number)[];
  /** Character inside the expression at that place. */
  readonly offset?: number;
}

/** Collects what is wrong, so that an author sees all of it at once. */
export interface Report {
  readonly problems: Problem[];
}

/** More than anyone reads at once; what is not reported is not worked out either. */
const PROBLEMS_MAX = 50;

/** Whether a report takes no more: the rest is found when these are corrected. */
export function isFull(report: Report): boolean {
  return report.problems.length >= PROBLEMS_MAX;
}

/** Adds a problem to the report, unless it is full. */
export function complain(
  report: Report,
  code: ErrorCode,
  path: readonly (string | number)[],
  message: string,
  offset?: number,
): void {
  if (isFull(report)) return;
  report.problems.push({ code, message, path, ...(offset === undefined ? {} : { offset }) });
}
