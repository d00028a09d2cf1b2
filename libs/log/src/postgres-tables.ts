import { Fault } from '@fermata/contracts';
import type { Pool } from 'pg';

/**
 * One row holds one record batch, as one produce request does on Kafka. A batch always begins at
 * the end of its partition, so the primary key refuses every competing append.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS fermata_log (
    partition int NOT NULL, base bigint NOT NULL, count int NOT NULL, records bytea NOT NULL,
    PRIMARY KEY (partition, base));
  CREATE TABLE IF NOT EXISTS fermata_commands (
    partition int NOT NULL, base bigint NOT NULL, count int NOT NULL, records bytea NOT NULL,
    PRIMARY KEY (partition, base));
  ALTER TABLE fermata_log ALTER records SET STORAGE EXTERNAL;
  ALTER TABLE fermata_commands ALTER records SET STORAGE EXTERNAL;
  CREATE TABLE IF NOT EXISTS fermata_commands_head (
    partition int PRIMARY KEY, next bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS fermata_latest (name text PRIMARY KEY, value text NOT NULL);
  CREATE TABLE IF NOT EXISTS fermata_restore_parts (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, partition int NOT NULL,
    name text NOT NULL, content text NOT NULL, UNIQUE (partition, name));
  CREATE TABLE IF NOT EXISTS fermata_dead_letters (
    topic text NOT NULL, partition int NOT NULL, "offset" bigint NOT NULL, code text NOT NULL,
    reason text NOT NULL, record bytea NOT NULL, PRIMARY KEY (topic, partition, "offset"));
  CREATE TABLE IF NOT EXISTS fermata_places (
    "group" text NOT NULL, partition int NOT NULL, "offset" bigint NOT NULL,
    epoch bigint NOT NULL, seq bigint NOT NULL, PRIMARY KEY ("group", partition));
`;

/** Two processes that start at once must not create the tables together. */
const LOCK = 7_040_521;

/** Creates what is missing and checks that the partition count is the one of before (R14). */
export async function prepareTables(pool: Pool, partitions: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(TABLES);
    await client.query(
      `INSERT INTO fermata_commands_head
       SELECT p, 0 FROM generate_series(0, $1 - 1) p
       WHERE NOT EXISTS (SELECT FROM fermata_commands_head)`,
      [partitions],
    );
    const count = 'SELECT count(*)::int AS n FROM fermata_commands_head';
    const [found] = (await client.query<{ n: number }>(count)).rows;
    if (found?.n !== partitions) {
      const message = `expected a log of ${partitions} partitions, found one of ${found?.n}`;
      const remedy = 'set the count to what it was; it never changes in place';
      throw new Fault('CONFIG_INVALID', `${message}; ${remedy}`);
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    client.release();
  }
}
