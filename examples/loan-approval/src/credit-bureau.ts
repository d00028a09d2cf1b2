import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The credit bureau, running as a process of its own. */
export interface CreditBureau {
  readonly port: number;
  readonly url: string;
  stop(): void;
}

const EXAMPLE = join(__dirname, '..');

/**
 * Starts the credit bureau on the port that it had before: runs that are under way were pinned to
 * its address.
 */
export async function startCreditBureau(dataDir: string): Promise<CreditBureau> {
  mkdirSync(dataDir, { recursive: true });
  const note = join(dataDir, 'credit-bureau.port');
  const before = existsSync(note) ? readFileSync(note, 'utf8') : '0';
  const bureau = (await launch(before)) ?? (await launch('0'));
  if (bureau === null) throw new Error('expected the credit bureau to listen, found that it ended');
  writeFileSync(note, String(bureau.port));
  return bureau;
}

/** One try on a port; null when the process ends without listening. */
function launch(port: string): Promise<CreditBureau | null> {
  const child = spawn(process.execPath, [join(EXAMPLE, 'credit-bureau', 'server.ts')], {
    env: { ...process.env, PORT: port, EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C is for us: the bureau ends when we close its input.
    detached: true,
  });
  return new Promise((resolve) => {
    child.once('exit', () => resolve(null));
    createInterface({ input: child.stdout }).once('line', (line) => {
      const { listening } = JSON.parse(line) as { listening: number };
      const url = `http://127.0.0.1:${listening}`;
      resolve({ port: listening, url, stop: () => void child.stdin.end() });
    });
  });
}
