import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs all services on an embedded database; what follows `dev` goes to them. */
export async function dev(argv: readonly string[]): Promise<number> {
  const main = require.resolve('@fermata/standalone/main');
  const child = spawn(process.execPath, [main, ...argv], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child too: it stops the services, and its end is ours.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const ended: readonly unknown[] = await once(child, 'exit');
  const [code] = ended;
  return typeof code === 'number' ? code : 1;
}
