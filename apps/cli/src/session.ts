import { Client } from './client';
import { findConnection, type Hand } from './connection';
import type { Screen } from './follow';
import { safeJson, type Line } from './safe-text';

/** What a command works with; tests bring their own. */
export interface Session {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  /** Sets the exit code of the process. */
  exit(code: number): void;
}

/** Options that every command that speaks to the services has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly as?: Hand;
}

/** A client with the key of the hand that a command needs, unless `--as` names another. */
export function clientOf(session: Session, options: CommonOptions, hand: Hand): Client {
  return new Client(findConnection(options.as ?? hand, session.env, session.cwd));
}

/** Prints a value as JSON, or as the lines that a person reads. */
export function print(
  session: Session,
  options: CommonOptions,
  value: unknown,
  lines: readonly Line[],
): void {
  const text = options.json ? safeJson(value, 2) : lines.join('\n');
  if (text !== '') session.screen.write(`${text}\n`);
}

/** A list as it is printed. */
export interface Printed<Row> {
  /** Name of its member in the JSON document. */
  readonly name: string;
  readonly linesOf: (row: Row) => readonly Line[];
  /** Said to a person when there is nothing. */
  readonly none: Line;
}

/**
 * Prints a list whole, page by page as it comes: lines for a person, or with `--json` one document
 * whose one member holds all rows.
 */
export async function printAll<Row>(
  session: Session,
  options: CommonOptions,
  { name, linesOf, none }: Printed<Row>,
  pages: AsyncIterable<readonly Row[]>,
): Promise<void> {
  const { screen } = session;
  let isFirst = true;
  if (options.json) screen.write(`{\n  ${safeJson(name)}: [`);
  for await (const rows of pages) {
    for (const row of rows) {
      if (options.json) screen.write(`${isFirst ? '' : ','}\n    ${safeJson(row)}`);
      else
        screen.write(
          linesOf(row)
            .map((one) => `${one}\n`)
            .join(''),
        );
      isFirst = false;
    }
  }
  if (options.json) screen.write(`${isFirst ? '' : '\n  '}]\n}\n`);
  else if (isFirst) screen.write(`${none}\n`);
}
