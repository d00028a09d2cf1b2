import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Fault } from '@fermata/contracts';
import type { LocalKeys } from './local-keys';

/** Who works on the data, as its note says. */
interface Holder {
  readonly pid: number;
  readonly url: string;
}

/** Makes the folder of the data, and refuses one that another process works on. */
export function claimData(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    const found = `expected a folder for data at ${dataDir}, found: ${(cause as Error).message}`;
    throw new Fault('CONFIG_INVALID', `${found}; name another with --data`, false, { cause });
  }
  refuseSecond(dataDir);
}

/** Two processes on the same data would fence each other for ever. */
function refuseSecond(dataDir: string): void {
  const holder = readHolder(dataDir);
  if (holder === null || holder.pid === process.pid || !isAlive(holder.pid)) return;
  const found = `expected nobody on the data in ${dataDir}, found process ${holder.pid} at ${holder.url}`;
  const remedy = 'use that one, stop it first, or name another folder with --data';
  throw new Fault('CONFIG_INVALID', `${found}; ${remedy}`);
}

/** Who left the note; one that a crash cut short names nobody. */
function readHolder(dataDir: string): Holder | null {
  if (!existsSync(noteIn(dataDir))) return null;
  try {
    const note = JSON.parse(readFileSync(noteIn(dataDir), 'utf8')) as Partial<Holder> | null;
    return typeof note?.pid === 'number' ? { pid: note.pid, url: String(note.url) } : null;
  } catch {
    return null;
  }
}

/** Refuses a port that somebody listens on, before anything is started for it. */
export async function refuseBusyPort(port: number): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', ({ message }) => {
      const found = `expected to listen on port ${port} of 127.0.0.1, found: ${message}`;
      reject(
        new Fault('CONFIG_INVALID', `${found}; choose another with --port, or 0 for a free one`),
      );
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

/** Tells the command line where the services are, and with which keys. */
export function leaveNote(dataDir: string, url: string, tokens: LocalKeys): void {
  const note = { url, pid: process.pid, tokens };
  const path = noteIn(dataDir);
  // The mode of a file that is there already stays as it was: the keys go into a new one.
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

/** The services are gone. */
export function removeNote(dataDir: string): void {
  rmSync(noteIn(dataDir), { force: true });
}

function noteIn(dataDir: string): string {
  return join(dataDir, 'connection.json');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
