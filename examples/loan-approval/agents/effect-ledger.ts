// What was done in the world, by idempotency key: an entry stands whole or not at all, and once.
import { randomUUID } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AgentError } from '@fermata/sdk';

/** Names, addresses and loans of people: for the account that runs the agent, and nobody else. */
const OWNER_ONLY = { file: 0o600, folder: 0o700 } as const;

export class EffectLedger<Entry> {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** What the key's effect gave, or null when it was never done. */
  async find(key: string): Promise<Entry | null> {
    try {
      return JSON.parse(await readFile(this.pathOf(key), 'utf8')) as Entry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Enters what was done, unless the key has an entry already; returns the one that stands. */
  async enter(key: string, entry: Entry): Promise<Entry> {
    const aside = join(this.folder, `.${randomUUID()}`);
    await writeDurably(aside, `${JSON.stringify(entry, null, 2)}\n`);
    try {
      // A link either appears with all of its content or fails because one is there.
      await link(aside, this.pathOf(key));
      await syncFolder(this.folder);
      return entry;
    } catch (error) {
      const standing = await this.find(key);
      if (standing === null) throw error;
      return standing;
    } finally {
      await rm(aside, { force: true });
    }
  }

  private pathOf(key: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) throw new Error(`expected a SHA-256 in hex, found "${key}"`);
    return join(this.folder, `${key}.json`);
  }
}

/** Puts a whole file in its place: it is never seen half written, even after a crash. */
export async function placeFile(path: string, content: string | Uint8Array): Promise<void> {
  const aside = join(dirname(path), `.${randomUUID()}`);
  await writeDurably(aside, content);
  await rename(aside, path);
  await syncFolder(dirname(path));
}

/** Makes a folder that only its owner can look into; one that leads elsewhere is refused. */
export async function ownFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: OWNER_ONLY.folder });
  const found = await lstat(path);
  if (!found.isDirectory()) {
    const message = `expected a folder at ${basename(path)}, found a link or a file; remove it`;
    throw new AgentError('FOLDER_INVALID', message, false);
  }
  if ((found.mode & 0o777) !== OWNER_ONLY.folder) await chmod(path, OWNER_ONLY.folder);
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await ownFolder(dirname(path));
  const file = await open(path, 'wx', OWNER_ONLY.file);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
