import type { ErrorCode } from '@fermata/contracts';

/** Whether a problem refuses a definition, or is only told. */
export type Severity = 'error' | 'warning';

/** What is wrong with a definition, and where in it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly severity: Severity;
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

/** Whether a report refuses the definition. */
export function hasErrors({ problems }: Report): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** Adds a problem to the report, unless it is full or has it already: steps share contracts. */
export function complain(
  report: Report,
  code: ErrorCode,
  path: readonly (string | number)[],
  message: string,
  offset?: number,
  severity: Severity = 'error',
): void {
  if (isFull(report)) return;
  const place = offset === undefined ? {} : { offset };
  const isKnown = report.problems.some(
    (one) => one.message === message && one.path.join('\0') === path.join('\0'),
  );
  if (isKnown) return;
  report.problems.push({ code, severity, message, path, ...place });
}

/** Tells of something that is allowed, and that its author may not have meant. */
export function warn(
  report: Report,
  code: ErrorCode,
  path: readonly (string | number)[],
  message: string,
  offset?: number,
): void {
  complain(report, code, path, message, offset, 'warning');
}
