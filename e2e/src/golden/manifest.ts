import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GOLDEN } from '@fermata/testing';

const PLACE = join(GOLDEN, 'manifest.json');

/** Notes the hash of files that were recorded: `tools/house-check.cjs` holds them to it. */
export function enter(files: ReadonlyMap<string, string>): void {
  const known: unknown = existsSync(PLACE) ? JSON.parse(readFileSync(PLACE, 'utf8')) : {};
  const all = { ...(known as Record<string, string>) };
  for (const [name, text] of files) all[name] ??= createHash('sha256').update(text).digest('hex');
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(PLACE, `${JSON.stringify(sorted, null, 2)}\n`);
}
