#!/usr/bin/env node
import { errorJson, errorText, programOf } from './program';
import type { Session } from './session';

const session: Session = {
  cwd: process.cwd(),
  env: process.env,
  screen: {
    isTerminal: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
    size: () => ({
      columns: process.stdout.columns || Infinity,
      rows: process.stdout.rows || Infinity,
    }),
    write: (text) => void process.stdout.write(text),
  },
  exit: (code) => {
    process.exitCode = code;
  },
};

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', () => process.exit(process.exitCode ?? 0));
programOf(session)
  .parseAsync()
  .catch((error: unknown) => {
    const text = process.argv.includes('--json') ? errorJson(error) : errorText(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  });
