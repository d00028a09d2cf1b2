import { fork } from 'node:child_process';
import type { ProjectProblem } from '@fermata/sdk';

/** Longer than a module may take that only imports and exports; a hang must end. */
const LOADS_MS = 30_000;

/**
 * What is wrong with the modules of a project's agents. They are loaded, hence run, in a process of
 * their own: one that ends it, or never answers, is told like any other mistake.
 */
export async function moduleProblems(dir: string): Promise<readonly ProjectProblem[]> {
  const program = require.resolve('@fermata/sdk/check-modules');
  const child = fork(program, [dir], { cwd: dir, stdio: 'ignore', timeout: LOADS_MS });
  return new Promise((resolve) => {
    let found: readonly ProjectProblem[] | null = null;
    child.on('message', (problems) => (found = problems as readonly ProjectProblem[]));
    child.on('error', (error) => resolve([unloaded(`found: ${error.message}`)]));
    child.on('exit', (code, signal) => {
      if (found !== null) return resolve(found);
      const tookTooLong = signal === 'SIGTERM' && code === null;
      const ended = tookTooLong
        ? `found them not done after ${LOADS_MS / 1_000} s`
        : `found that one ended its process with ${signal ?? `code ${code}`}`;
      resolve([unloaded(ended)]);
    });
  });
}

function unloaded(found: string): ProjectProblem {
  const expected = 'expected the modules of its function agents to load';
  const message = `${expected}, ${found}; keep what a module does out of its top level`;
  return { file: 'fermata.yaml', line: 1, column: 1, code: 'DEFINITION_INVALID', message };
}
