import { dataText } from '@fermata/contracts';
import { ProjectionLoop } from '@fermata/audit-projector';
import type { EventEntry } from '@fermata/service';
import { differenceOf } from './check-readers';
import { SimDatabase } from './sim-database';
import { SimProcess } from './sim-process';
import type { Simulation } from './simulation';

/** Long enough for a projection without faults. */
const PROJECTED_MS = 5_000;
const TRIES_MAX = 20;

/** Compares the read model with one that is folded anew from the log, once the log is at rest. */
export async function checkProjection(sim: Simulation): Promise<void> {
  const lengthOf = (): number => sim.oracles.reduce((sum, one) => sum + one.verdicts.length, 0);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const before = lengthOf();
    const check = await projectAnew(sim);
    await sim.world.runUntil(sim.world.now + PROJECTED_MS, () => sim.violations.isAny);
    if (before === lengthOf()) return check();
  }
  sim.violations.check(false, 'the log comes to rest when all runs have ended', () => {
    return `it has ${lengthOf()} records and grows`;
  });
}

/** Folds the log into a read model of its own; gives the comparison. */
async function projectAnew(sim: Simulation): Promise<() => void> {
  const { world, violations } = sim;
  const fresh = new SimDatabase();
  const process = new SimProcess('verifier', 0);
  const source = fresh.source({ ...sim.wire, process, canCrash: false });
  let isDone = false;
  world.as(process, () => {
    void projectAll(sim, source).then(() => (isDone = true));
  });
  await world.runUntil(world.now + PROJECTED_MS, () => isDone || violations.isAny);
  violations.check(isDone, 'the log can be projected anew', () => 'it was not');
  return () => compare(sim, fresh);
}

function compare({ oracles, violations, database }: Simulation, fresh: SimDatabase): void {
  for (const { partition, verdicts } of oracles) {
    const at = database.positions.get(partition)?.offset ?? -1;
    const rule = 'the projection takes in all of the log';
    violations.check(at === verdicts.length - 1, rule, () => {
      return `partition ${partition} is projected to ${at} of ${verdicts.length - 1}`;
    });
  }
  const [live, folded] = [database.toText(), fresh.toText()];
  violations.check(live === folded, 'the read model equals one folded anew', () => {
    return differenceOf(live, folded);
  });
}

async function projectAll(sim: Simulation, source: unknown): Promise<void> {
  const loop = new ProjectionLoop(source as ConstructorParameters<typeof ProjectionLoop>[0]);
  for (const { partition, verdicts } of sim.oracles) {
    await loop.startPlace(partition);
    const { records } = sim.broker.shelf('log', partition);
    const entries = verdicts.flatMap((counted): EventEntry[] => {
      const record = counted === null ? undefined : records[counted.offset];
      if (counted === null || record === undefined) return [];
      const { event, offset, epoch, seq } = counted;
      return [{ event, place: { offset, epoch, seq }, text: dataText(record) }];
    });
    const last = entries[entries.length - 1];
    if (last === undefined) continue;
    const place = { ...last.place, offset: verdicts.length - 1 };
    await loop.consume({ partition, entries, place });
  }
}
