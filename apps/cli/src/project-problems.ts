import type { Project, ProjectProblem } from '@fermata/sdk';
import { line, type Line } from './safe-text';

/** What is told of a project, as a program reads it. */
export interface ToldProblem extends ProjectProblem {
  /** An error refuses the project; a warning tells what its author may not have meant. */
  readonly severity: 'error' | 'warning';
  /** What to write instead, or to do. */
  readonly suggestion: string;
}

/** All that is told of a project, errors first. When one is strict, each warning is an error. */
export function problemsOf(project: Project, strict = false): readonly ToldProblem[] {
  return [
    ...project.problems.map((one) => told(one, 'error')),
    ...project.warnings.map((one) => told(one, strict ? 'error' : 'warning')),
  ];
}

/** Each message ends with what to do, after its last semicolon. */
function told(problem: ProjectProblem, severity: ToldProblem['severity']): ToldProblem {
  const from = problem.message.lastIndexOf('; ');
  const suggestion = from < 0 ? '' : problem.message.slice(from + 2);
  return { ...problem, severity, suggestion };
}

/** A problem in one line, as editors find its place. */
export function problemLine(problem: ProjectProblem & Partial<ToldProblem>): Line {
  const { file, line: row, column, code, message, severity } = problem;
  const kind = severity === 'warning' ? 'warning ' : '';
  return line`${file}:${row}:${column} ${kind}${code} ${message}`;
}

/** Whether something refuses the project. */
export function isRefused(problems: readonly ToldProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
