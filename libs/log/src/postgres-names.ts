import type { Pool } from 'pg';
import type { DeadLetter, LogPort, NewRecord, Topic } from './port';
import { FirstLetters } from './first-letters';
import { packRecords, unpackRecords } from './record-batch';

type Names = Pick<
  LogPort,
  | 'putLatest'
  | 'putLatestIf'
  | 'dropLatest'
  | 'getLatest'
  | 'listLatest'
  | 'putParts'
  | 'readParts'
  | 'dropParts'
  | 'putDeadLetter'
  | 'deadLetters'
  | 'commitPlace'
  | 'committedPlace'
>;

/** A value under its name. */
interface LatestRow {
  readonly name: string;
  readonly value: string;
}

/** A group's place: wide numbers come as text. */
interface PlaceRow {
  readonly offset: string;
  readonly epoch: string;
  readonly seq: string;
}

interface LetterRow {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: string;
  readonly code: DeadLetter['code'];
  readonly reason: string;
  readonly record: Buffer;
}

/** What the log keeps under names: newest values, restore points, dead letters, groups' places. */
export function postgresNames(pool: Pool): Names {
  return {
    ...latestOf(pool),
    async putParts(partition, parts) {
      const text = `INSERT INTO fermata_restore_parts (partition, name, content)
        SELECT $1, name, content FROM unnest($2::text[], $3::text[])
          WITH ORDINALITY AS part(name, content, number) ORDER BY number
        ON CONFLICT (partition, name) DO UPDATE SET content = excluded.content
        RETURNING place`;
      const names = parts.map(({ name }) => name);
      const texts = parts.map((part) => part.text);
      const { rows } = await pool.query<{ place: string }>(text, [partition, names, texts]);
      return rows.map(({ place }) => Number(place));
    },
    async *readParts(partition, places) {
      const text = `SELECT content FROM fermata_restore_parts WHERE partition = $1 AND place = $2`;
      for (const place of places) {
        const asked = { name: 'read-part', text, values: [partition, place] };
        const { rows } = await pool.query<{ content: string }>(asked);
        yield rows[0]?.content ?? null;
      }
    },
    async dropParts(partition, names) {
      const text = 'DELETE FROM fermata_restore_parts WHERE partition = $1 AND name = ANY ($2)';
      await pool.query(text, [partition, names]);
    },
    async putDeadLetter({ topic, partition, offset, code, reason, record }) {
      const text = `INSERT INTO fermata_dead_letters VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING`;
      // A reason may quote the record, and text in PostgreSQL holds any character but this one.
      const said = reason.replaceAll('\u0000', '\uFFFD');
      await pool.query(text, [topic, partition, offset, code, said, packRecords([record])]);
    },
    deadLetters: (wanted, extent) => readLetters(pool, new FirstLetters(wanted, extent)),
    async commitPlace(group, partition, { offset, epoch, seq }) {
      const text = `INSERT INTO fermata_places VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ("group", partition) DO UPDATE
        SET "offset" = excluded."offset", epoch = excluded.epoch, seq = excluded.seq`;
      await pool.query(text, [group, partition, offset, epoch, seq]);
    },
    async committedPlace(group, partition) {
      const text = `SELECT "offset", epoch, seq FROM fermata_places
        WHERE "group" = $1 AND partition = $2`;
      const { rows } = await pool.query<PlaceRow>(text, [group, partition]);
      const [row] = rows;
      if (row === undefined) return null;
      return { offset: Number(row.offset), epoch: Number(row.epoch), seq: Number(row.seq) };
    },
  };
}

function latestOf(
  pool: Pool,
): Pick<LogPort, 'putLatest' | 'putLatestIf' | 'dropLatest' | 'getLatest' | 'listLatest'> {
  return {
    async putLatest(name, value) {
      const text = `INSERT INTO fermata_latest VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
      await pool.query(text, [name, value]);
    },
    async putLatestIf(name, value, expected) {
      const insert = 'INSERT INTO fermata_latest VALUES ($1, $2) ON CONFLICT DO NOTHING';
      const update = 'UPDATE fermata_latest SET value = $2 WHERE name = $1 AND value = $3';
      const { rowCount } = await (expected === null
        ? pool.query(insert, [name, value])
        : pool.query(update, [name, value, expected]));
      return rowCount === 1;
    },
    async dropLatest(name) {
      await pool.query('DELETE FROM fermata_latest WHERE name = $1', [name]);
    },
    async getLatest(name) {
      const text = 'SELECT value FROM fermata_latest WHERE name = $1';
      const { rows } = await pool.query<LatestRow>(text, [name]);
      return rows[0]?.value ?? null;
    },
    async listLatest(prefix) {
      const text = `SELECT name, value FROM fermata_latest WHERE starts_with(name, $1)
        ORDER BY name COLLATE "C"`;
      const { rows } = await pool.query<LatestRow>(text, [prefix]);
      return new Map(rows.map(({ name, value }) => [name, value]));
    },
  };
}

const PAGE = 100;

/** Reads dead letters page by page: of large ones there may be more than memory holds. */
async function readLetters(pool: Pool, first: FirstLetters): Promise<readonly DeadLetter[]> {
  const text = `SELECT * FROM fermata_dead_letters
    WHERE (topic, partition, "offset") > ($1, $2::int, $3::bigint)
    ORDER BY topic, partition, "offset" LIMIT ${PAGE}`;
  const { topic, partition, offset } = first.extent.after ?? { topic: '', partition: 0, offset: 0 };
  for (let after: unknown[] = [topic, partition, offset]; ; ) {
    const asked = { name: 'dead-letters', text, values: after };
    const { rows } = await pool.query<LetterRow>(asked);
    for (const { topic, partition, offset, code, reason, record: bytes } of rows) {
      const at = { topic, partition, offset: Number(offset) };
      const { key, headers, value, raw } = unpackRecords(bytes, partition, at.offset)[0] ?? NONE;
      const record = { key, headers, value, ...(raw === undefined ? {} : { raw }) };
      first.add({ ...at, code, reason, record });
    }
    const last = rows.at(-1);
    const isOver = last === undefined || rows.length < PAGE || first.isFull;
    if (isOver) return first.letters;
    after = [last.topic, last.partition, last.offset];
  }
}

const NONE: NewRecord = { key: '', headers: {}, value: '' };
