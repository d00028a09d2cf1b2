import { join } from 'node:path';
import { measureSystem, type STEPS } from './measure-system';
import { PEERS, requireOfPeers } from './peers';
import type { Plan, Row } from './row';
import { scratchPostgres } from './scratch';
import type { Stops } from './stops';
import { usageOfSystem } from './usage';

/** What `peers/dbos.cjs` offers. */
interface Dbos extends Readonly<Record<keyof typeof STEPS, () => Promise<unknown>>> {
  hold(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Measures DBOS in this process, PostgreSQL beside it. */
export async function measureDbos(plan: Plan, stops: Stops): Promise<Row[]> {
  const { url } = await scratchPostgres(stops);
  const program = requireOfPeers(join(PEERS, 'dbos.cjs')) as {
    start(databaseUrl: string): Promise<Dbos>;
  };
  const dbos = await program.start(url);
  stops.add(() => dbos.stop());
  const system = {
    name: 'dbos',
    usage: () => usageOfSystem(true),
    run: (kind: keyof typeof STEPS) => dbos[kind](),
    hold: () => dbos.hold(),
  };
  return measureSystem(system, plan);
}
