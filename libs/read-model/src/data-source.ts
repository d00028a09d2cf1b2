import { DataSource } from 'typeorm';
import { ENTITIES } from './entities';
import { Initial1700000000000 } from './migrations/1700000000000-initial';
import { RoomForUpdates1790000000000 } from './migrations/1790000000000-room-for-updates';
import { GatesByOpening1791000000000 } from './migrations/1791000000000-gates-by-opening';
import { ApprovalsByApprover1792000000000 } from './migrations/1792000000000-approvals-by-approver';

/** In their order; each is applied once. */
const MIGRATIONS = [
  Initial1700000000000,
  RoomForUpdates1790000000000,
  GatesByOpening1791000000000,
  ApprovalsByApprover1792000000000,
];

/** Two services that start at once must not migrate together. */
const LOCK = 7_040_522;

/** Opens the read model and brings its tables up to date. */
export async function openReadModel(url: string, connectionsMax = 6): Promise<DataSource> {
  const source = new DataSource({
    type: 'postgres',
    url,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'read_model_migrations',
    synchronize: false,
    extra: { max: connectionsMax },
  });
  await source.initialize();
  const runner = source.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await source.runMigrations();
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    await runner.release();
  }
  return source;
}
