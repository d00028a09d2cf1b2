import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '@fermata/standalone';
import type { Stops } from './stops';

/** A folder that goes away in the end. */
export function scratchFolder(stops: Stops): string {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-bench-'));
  // As root the database runs as another user, who must be able to reach its data.
  chmodSync(folder, 0o755);
  stops.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new PostgreSQL with its default settings: every commit waits for fsync. */
export async function scratchPostgres(stops: Stops): Promise<RunningPostgres> {
  const postgres = await startPostgres(join(scratchFolder(stops), 'postgres'));
  stops.add(() => postgres.stop());
  return postgres;
}
