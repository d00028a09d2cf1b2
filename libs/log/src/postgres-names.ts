import type { Pool } from 'pg';
import type { DeadLetter, LogPort, Topic } from './port';
import { packRecords, unpackRecords } from './record-batch';

type Names = Pick<
  LogPort,
  | 'putLatest'
  | 'getLatest'
  | 'listLatest'
  | 'quarantine'
  | 'deadLetters'
  | 'commitPlace'
  | 'committedPlace'
>;

/** What the log keeps under names: newest values, dead letters and the places of groups. */
export function postgresNames(pool: Pool): Names {
  return {
    async putLatest(name, value) {
      const text = `INSERT INTO fermata_latest VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
      await pool.query(text, [name, value]);
    },
    async getLatest(name) {
      const text = 'SELECT value FROM fermata_latest WHERE name = $1';
      const { rows } = await pool.query(text, [name]);
      return rows[0]?.value ?? null;
    },
    async listLatest(prefix) {
      const text = `SELECT name, value FROM fermata_latest WHERE starts_with(name, $1)
        ORDER BY name COLLATE "C"`;
      const { rows } = await pool.query(text, [prefix]);
      return new Map(rows.map(({ name, value }) => [name, value]));
    },
    async quarantine({ topic, partition, offset, code, reason, record }) {
      const text = `INSERT INTO fermata_dead_letters VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING`;
      // A reason may quote the record, and text in PostgreSQL holds any character but this one.
      const said = reason.replaceAll('\u0000', '\uFFFD');
      await pool.query(text, [topic, partition, offset, code, said, packRecords([record])]);
    },
    deadLetters: () => readLetters(pool),
    async commitPlace(group, partition, { offset, epoch, seq }) {
      const text = `INSERT INTO fermata_places VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ("group", partition) DO UPDATE
        SET "offset" = excluded."offset", epoch = excluded.epoch, seq = excluded.seq`;
      await pool.query(text, [group, partition, offset, epoch, seq]);
    },
    async committedPlace(group, partition) {
      const text = `SELECT "offset", epoch, seq FROM fermata_places
        WHERE "group" = $1 AND partition = $2`;
      const { rows } = await pool.query(text, [group, partition]);
      const [row] = rows;
      if (row === undefined) return null;
      return { offset: Number(row.offset), epoch: Number(row.epoch), seq: Number(row.seq) };
    },
  };
}

async function readLetters(pool: Pool): Promise<DeadLetter[]> {
  const text = 'SELECT * FROM fermata_dead_letters ORDER BY topic, partition, "offset"';
  const { rows } = await pool.query(text);
  return rows.flatMap(({ topic, partition, offset, code, reason, record: bytes }) => {
    const [record] = unpackRecords(bytes, partition, Number(offset));
    const at = { topic: topic as Topic, partition, offset: Number(offset) };
    return record === undefined ? [] : [{ ...at, code, reason, record }];
  });
}
