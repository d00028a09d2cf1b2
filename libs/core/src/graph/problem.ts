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

/** Adds a problem to the report. */
export function complain(
  report: Report,
  code: ErrorCode,
  path: readonly (string | number)[],
  message: string,
  offset?: number,
): void {
  report.problems.push({ code, message, path, ...(offset === undefined ? {} : { offset }) });
}
