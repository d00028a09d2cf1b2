import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The programs for peers, with their own packages and lock, apart from the workspaces. */
export const PEERS = join(__dirname, '../peers');

const STAMP = join(PEERS, 'node_modules/.fermata-lock');

/** Resolves and loads what is installed for peers. */
export const requireOfPeers = createRequire(join(PEERS, 'package.json'));

/** Brings the peers' packages, once for each lock; throws when they can't be had. */
export function installPeers(): void {
  const lock = readFileSync(join(PEERS, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  process.stdout.write('bench: installing the peers (Restate, DBOS; 240 MB, once) …\n');
  const npm = process.env['npm_execpath'];
  const [command, args] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const { status, stderr } = spawnSync(
    command,
    [...args, 'ci', '--ignore-scripts', '--loglevel=error'],
    { cwd: PEERS, encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(
      `expected npm ci to succeed in ${PEERS}, found ${status ?? 'no npm'}: ${stderr}`,
    );
  }
  writeFileSync(STAMP, wanted);
}
