import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs all services on an embedded database; what follows `dev` goes to them. */
export async function dev(argv: readonly string[]): Promise<number> {
  const main = require.resolve('@fermata/standalone/main');
  const child = spawn(process.execPath, [main, ...argv], { stdio: 'inherit' });
  // Ctrl-C reaches the child too: it stops the services, and its end is ours.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
