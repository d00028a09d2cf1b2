import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { Fault } from '@fermata/contracts';
import { Client } from 'pg';
import { postgresProgram, serverFolder, type PostgresProgram } from './postgres-program';

/** A PostgreSQL that this process started, or one that an earlier process left behind. */
export interface RunningPostgres {
  readonly url: string;
  readonly pid: number;
  /** Whether it was running already, orphaned by a crash. */
  readonly adopted: boolean;
  /** Stops it cleanly and waits until it is gone. */
  stop(): Promise<void>;
}

/** What is kept beside the data, so that a later process can find the server. */
interface ServerNote {
  readonly port: number;
  readonly password: string;
  /** The process that started it or took it over last. */
  readonly owner?: number;
}

const USER = 'fermata';
const START_MS = 60_000;
const STOP_MS = 10_000;
const TUNING = {
  listen_addresses: '127.0.0.1',
  max_connections: '60',
  wal_compression: 'off',
  // The standard sockets folder may not be writable; TCP on loopback is enough.
  unix_socket_directories: '',
};

/**
 * Starts PostgreSQL on the data in a folder, or takes over the one that still runs on it: after
 * a crash of its parent the server lives on, and two servers must never share data. One whose
 * parent lives is in use.
 */
export async function startPostgres(
  wanted: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningPostgres> {
  const program = postgresProgram();
  const folder = serverFolder(wanted, program);
  const orphan = runningPid(dataIn(folder));
  const note = readNote(folder);
  if (orphan !== null) refuseInUse(folder, note);
  if (orphan !== null && note !== null && (await answers(urlOf(note)))) {
    writeNote(folder, { ...note, owner: process.pid });
    return serverAt(note, orphan, true);
  }
  if (orphan !== null) await stopServer(orphan);
  const password = note?.password ?? randomBytes(24).toString('hex');
  if (!existsSync(dataIn(folder))) initialise(folder, program, password);
  return launch(folder, program, password, { ...TUNING, ...settings });
}

function refuseInUse(folder: string, note: ServerNote | null): void {
  const owner = note?.owner ?? 0;
  if (owner === 0 || owner === process.pid || !isAlive(owner) || !runs(owner, 'node')) return;
  const found = `expected nobody to use the data in ${folder}, found process ${owner}`;
  throw new Fault('CONFIG_INVALID', `${found}; stop it first, or choose another folder`);
}

function initialise(folder: string, program: PostgresProgram, password: string): void {
  // Under another name until it is whole: a start that was cut short leaves no half data.
  const half = join(folder, `data.${process.pid}`);
  const passwordFile = join(folder, 'initial-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (program.user) chownSync(passwordFile, program.user.uid, program.user.gid);
  const args = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
  // The same order of text on every machine.
  args.push('--locale=C', '--encoding=UTF8', `--pgdata=${half}`);
  const { status, stderr } = spawnSync(program.initdb, args, {
    ...program.user,
    cwd: folder,
    encoding: 'utf8',
  });
  rmSync(passwordFile);
  if (status !== 0) throw new Error(`expected initdb to succeed in ${folder}: ${stderr}`);
  renameSync(half, dataIn(folder));
}

async function launch(
  folder: string,
  program: PostgresProgram,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<RunningPostgres> {
  const note: ServerNote = { port: await freePort(), password, owner: process.pid };
  writeNote(folder, note);
  const messages = openSync(join(folder, 'postgres.log'), 'a');
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(program.postgres, ['-D', dataIn(folder), '-p', `${note.port}`, ...flags], {
    ...program.user,
    cwd: folder,
    // A Ctrl-C in the terminal is for its parent, which stops it when everything else has ended.
    detached: true,
    stdio: ['ignore', messages, messages],
  });
  closeSync(messages);
  server.unref();
  const giveUpAt = Date.now() + START_MS;
  while (server.exitCode === null && Date.now() < giveUpAt) {
    if (await answers(urlOf(note))) return serverAt(note, server.pid ?? 0, false);
    await briefly();
  }
  await stopServer(server.pid ?? 0);
  throw new Error(
    `expected PostgreSQL to answer on port ${note.port}; see ${join(folder, 'postgres.log')}`,
  );
}

function dataIn(folder: string): string {
  return join(folder, 'data');
}

function serverAt(note: ServerNote, pid: number, adopted: boolean): RunningPostgres {
  return { url: urlOf(note), pid, adopted, stop: () => stopServer(pid) };
}

function urlOf({ port, password }: ServerNote): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
}

function readNote(folder: string): ServerNote | null {
  const path = join(folder, 'server.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ServerNote) : null;
}

function writeNote(folder: string, note: ServerNote): void {
  writeFileSync(join(folder, 'server.json'), JSON.stringify(note), { mode: 0o600 });
}

/** Process of the server that holds this data, or null when none does. */
function runningPid(dataDir: string): number | null {
  const path = join(dataDir, 'postmaster.pid');
  if (!existsSync(path)) return null;
  const pid = Number(readFileSync(path, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && isAlive(pid) && runs(pid, 'postgres') ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A number in a stale file may be another program's by now. */
function runs(pid: number, program: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return true;
  const [started = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return basename(started).includes(program);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Asks a server for a fast, clean shutdown; one that does not end is told to abort. */
async function stopServer(pid: number): Promise<void> {
  if (pid === 0 || !isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  const giveUpAt = Date.now() + STOP_MS;
  while (isAlive(pid) && Date.now() < giveUpAt) await briefly();
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
  while (isAlive(pid) && Date.now() < giveUpAt + STOP_MS) await briefly();
}

function briefly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
