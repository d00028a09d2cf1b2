import { Client } from './client';
import { findConnection, type Hand } from './connection';
import type { Screen } from './follow';

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
  lines: readonly string[],
): void {
  const text = options.json ? JSON.stringify(value, null, 2) : lines.join('\n');
  if (text !== '') session.screen.write(`${text}\n`);
}
