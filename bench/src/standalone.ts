import 'reflect-metadata';
import { startStandalone } from '@fermata/standalone';
import { FermataCaller, PROJECT } from './fermata-caller';
import { measureSystem } from './measure-system';
import type { Plan, Row } from './row';
import { scratchFolder, scratchPostgres } from './scratch';
import type { Stops } from './stops';
import { usageOfSystem } from './usage';

/** Measures services and load in one process, PostgreSQL beside it. */
export async function measureStandalone(plan: Plan, stops: Stops): Promise<Row[]> {
  const { url: databaseUrl } = await scratchPostgres(stops);
  const fermata = await startStandalone({
    projectDir: PROJECT,
    dataDir: scratchFolder(stops),
    port: 0,
    env: process.env,
    allowedHosts: [],
    databaseUrl,
  });
  stops.add(() => fermata.stop());
  const caller = new FermataCaller(fermata.log, fermata.desk);
  const system = {
    name: 'fermata standalone',
    usage: () => usageOfSystem(true),
    run: caller.run.bind(caller),
    hold: caller.hold.bind(caller),
  };
  return measureSystem(system, plan);
}
