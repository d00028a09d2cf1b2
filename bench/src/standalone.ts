import 'reflect-metadata';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandalone } from '@fermata/standalone';
import { Load, measureBoth, type Measured, type Usage } from './load';

/** The project of no-op agents that all measurements run. */
export const PROJECT = join(__dirname, '../project');

/** This process: services and load together. */
const own: Usage = () => {
  const { user, system } = process.cpuUsage();
  const rssMiB = Math.round(process.memoryUsage.rss() / 1_048_576);
  return { cpuSeconds: (user + system) / 1_000_000, rssMiB };
};

/** Measures everything in one process on embedded PostgreSQL. */
export async function measureStandalone(runs: number): Promise<Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fermata-bench-'));
  // As root the database runs as another user, who must be able to reach its data.
  chmodSync(dataDir, 0o755);
  const options = { projectDir: PROJECT, dataDir, port: 0, env: process.env, allowedHosts: [] };
  const fermata = await startStandalone(options);
  try {
    return await measureBoth(new Load(fermata.log, fermata.desk), 'fermata standalone', runs, own);
  } finally {
    await fermata.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
