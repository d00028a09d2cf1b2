import { CommanderError, type Command } from 'commander';
import { errorJson, errorText, programOf } from './program';

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `fermata` with these arguments in a folder, as its main file does. */
export async function runProgram(
  cwd: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  let [code, out, err] = [0, '', ''];
  const screen = { isTerminal: false, write: (text: string) => void (out += text) };
  const exit = (said: number) => void (code = said);
  const program = programOf({ cwd, env, screen, exit });
  eachCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({ writeOut: (t) => void (out += t), writeErr: (t) => void (err += t) });
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, out, err };
    const text = argv.includes('--json') ? errorJson(error) : errorText(error);
    return { code: 1, out, err: `${err}${text}\n` };
  }
  return { code, out, err };
}

function eachCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const one of command.commands) eachCommand(one, act);
}
