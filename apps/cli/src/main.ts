#!/usr/bin/env node
import { errorText, programOf } from './program';
import type { Session } from './session';

const session: Session = {
  cwd: process.cwd(),
  env: process.env,
  screen: {
    isTerminal: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
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
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  });
