import { Fault, partitionOf } from '@fermata/contracts';
import { Pool } from 'pg';
import { GroupCommit } from './group-commit';
import { postgresNames } from './postgres-names';
import { prepareTables } from './postgres-tables';
import type { AppendOutcome, LogPort, NewRecord, Reader, StoredRecord, Topic } from './port';
import { packRecords, unpackRecords } from './record-batch';
import { Tail } from './tail';

/** Where the database is, and how it is shared. */
export interface PostgresLogOptions {
  readonly url: string;
  readonly partitions?: number;
  /** Whether other processes write this log too; they are then heard by NOTIFY and a slow poll. */
  readonly shared?: boolean;
  readonly connectionsMax?: number;
}

const CHANNEL = 'fermata_records';
const POLL_MS = 500;
const SENT_MAX = 1_000;
const BATCHES_MAX = 64;
const TABLE = { log: 'fermata_log', commands: 'fermata_commands' } as const;

/** A log in PostgreSQL: durable with each commit, fenced by a primary key. */
export async function postgresLog(options: PostgresLogOptions): Promise<LogPort> {
  const { url, partitions = 4, shared = true, connectionsMax = 12 } = options;
  const pool = new Pool({ connectionString: url, max: connectionsMax, keepAlive: true });
  // An idle connection that breaks is replaced; its error belongs to no query.
  pool.on('error', () => undefined);
  await prepareTables(pool, partitions);
  const log = new PostgresLog(pool, partitions, shared);
  await log.start();
  return log.port();
}

class PostgresLog {
  private readonly tails = new Map<string, Tail>();
  private readonly senders: GroupCommit<NewRecord>[] = [];
  private poll: ReturnType<typeof setInterval> | undefined;
  private listener: { release(destroy?: boolean): void } | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly partitions: number,
    private readonly shared: boolean,
  ) {}

  async start(): Promise<void> {
    for (let partition = 0; partition < this.partitions; partition++) {
      const write = (records: readonly NewRecord[]) => this.store(partition, records);
      this.senders.push(new GroupCommit(write, { sizeOf: () => 1, sizeMax: SENT_MAX }));
      for (const topic of ['log', 'commands'] as const) {
        this.tails.set(`${topic}/${partition}`, new Tail(await this.end(topic, partition)));
      }
    }
    if (!this.shared) return;
    this.poll = setInterval(() => void this.refresh().catch(() => undefined), POLL_MS);
    const client = await this.pool.connect();
    this.listener = client;
    client.on('notification', () => void this.refresh().catch(() => undefined));
    await client.query(`LISTEN ${CHANNEL}`);
  }

  port(): LogPort {
    return {
      partitions: this.partitions,
      send: (commands) => this.send(commands),
      append: (partition, base, records) => this.append(partition, base, records),
      open: (topic, partition, from) => this.open(topic, partition, from),
      end: (topic, partition) => this.end(topic, partition),
      ...postgresNames(this.pool),
      join: async (_group, assigned) => {
        assigned(Array.from({ length: this.partitions }, (_, partition) => partition));
        return { leave: async () => assigned([]) };
      },
      close: () => this.close(),
    };
  }

  private async send(commands: readonly NewRecord[]): Promise<void> {
    await Promise.all(
      commands.map(async (command) => {
        const sender = this.senders[partitionOf(command.key, this.partitions)];
        await sender?.add(command);
      }),
    );
  }

  /**
   * Positions are handed out under a lock that is held to the commit: with a plain sequence a
   * reader could see 11 before 10, and would never come back for 10.
   */
  private async store(partition: number, records: readonly NewRecord[]): Promise<void> {
    const text = `WITH head AS (
        UPDATE fermata_commands_head SET next = next + $2 WHERE partition = $1
        RETURNING next - $2 AS base)
      INSERT INTO fermata_commands (partition, base, count, records)
      SELECT $1, base, $2, $3 FROM head RETURNING base${this.notify()}`;
    const values = [partition, records.length, packRecords(records)];
    try {
      const { rows } = await this.pool.query<{ base: string }>({ name: 'send', text, values });
      this.stored('commands', partition, Number(rows[0]?.base), records);
    } catch (cause) {
      const found = `expected partition ${partition} to store ${records.length} commands`;
      throw new Fault('LOG_UNAVAILABLE', `${found}, found an error; send them again`, true, {
        cause,
      });
    }
  }

  private async append(
    partition: number,
    base: number,
    records: readonly NewRecord[],
  ): Promise<AppendOutcome> {
    const text = `INSERT INTO fermata_log (partition, base, count, records)
      SELECT $1, $2::bigint, $3, $4 WHERE $2::bigint = coalesce((
        SELECT base + count FROM fermata_log WHERE partition = $1 ORDER BY base DESC LIMIT 1), 0)
      ON CONFLICT DO NOTHING RETURNING base${this.notify()}`;
    const values = [partition, base, records.length, packRecords(records)];
    try {
      const { rowCount } = await this.pool.query({ name: 'append', text, values });
      if (rowCount !== 1) return { kind: 'conflict' };
    } catch (cause) {
      return { kind: 'unknown', cause };
    }
    this.stored('log', partition, base, records);
    return { kind: 'appended', base };
  }

  private notify(): string {
    return this.shared ? `, pg_notify('${CHANNEL}', '')` : '';
  }

  private stored(
    topic: Topic,
    partition: number,
    base: number,
    records: readonly NewRecord[],
  ): void {
    const stored = records.map((record, index) => ({
      ...record,
      partition,
      offset: base + index,
    }));
    this.tailOf(topic, partition).add(stored);
  }

  private async open(topic: Topic, partition: number, from: number): Promise<Reader> {
    await this.checkRange(topic, partition, from);
    const tail = this.tailOf(topic, partition);
    let next = from;
    let open = true;
    let wake: (() => void) | undefined;
    return {
      get next() {
        return next;
      },
      read: async (max) => {
        while (open && next >= tail.next) await tail.wait((resolve) => (wake = resolve));
        if (!open) return [];
        const records = tail.from(next, max) ?? (await this.load(topic, partition, next, max));
        next += records.length;
        return records;
      },
      close: () => {
        open = false;
        wake?.();
      },
    };
  }

  private async load(
    topic: Topic,
    partition: number,
    from: number,
    max: number,
  ): Promise<StoredRecord[]> {
    const table = TABLE[topic];
    const text = `SELECT base, records FROM ${table} WHERE partition = $1 AND base >= coalesce((
        SELECT base FROM ${table} WHERE partition = $1 AND base <= $2
        ORDER BY base DESC LIMIT 1), 0)
      ORDER BY base LIMIT ${BATCHES_MAX}`;
    const values = [partition, from];
    const load = { name: `load-${topic}`, text, values };
    const { rows } = await this.pool.query<{ base: string; records: Buffer }>(load);
    const records = rows.flatMap(({ base, records: bytes }) =>
      unpackRecords(bytes, partition, Number(base)),
    );
    return records.filter(({ offset }) => offset >= from).slice(0, max);
  }

  /** A reader must find what it asks for: a hole or an end before it is a loss (R11). */
  private async checkRange(topic: Topic, partition: number, from: number): Promise<void> {
    const text = `SELECT min(base) AS first, max(base + count) AS next FROM ${TABLE[topic]}
      WHERE partition = $1`;
    const range = { name: `range-${topic}`, text, values: [partition] };
    type Range = { readonly first: string | null; readonly next: string | null };
    const [row] = (await this.pool.query<Range>(range)).rows;
    const end = Number(row?.next ?? 0);
    const first = Number(row?.first ?? 0);
    if (from >= first && from <= end) return;
    const found = `expected ${topic} of partition ${partition} to hold offset ${from}`;
    const held = `found offsets ${first} to ${end}`;
    throw new Fault('LOG_TRUNCATED', `${found}, ${held}; restore the table from a backup`);
  }

  private async end(topic: Topic, partition: number): Promise<number> {
    const text = `SELECT base + count AS next FROM ${TABLE[topic]} WHERE partition = $1
      ORDER BY base DESC LIMIT 1`;
    const end = { name: `end-${topic}`, text, values: [partition] };
    const { rows } = await this.pool.query<{ next: string }>(end);
    return Number(rows[0]?.next ?? 0);
  }

  private async refresh(): Promise<void> {
    for (let partition = 0; partition < this.partitions; partition++) {
      for (const topic of ['log', 'commands'] as const) {
        this.tailOf(topic, partition).reaches(await this.end(topic, partition));
      }
    }
  }

  private tailOf(topic: Topic, partition: number): Tail {
    const tail = this.tails.get(`${topic}/${partition}`);
    if (tail !== undefined) return tail;
    const found = `expected a partition from 0 to ${this.partitions - 1}, found ${partition}`;
    throw new Fault('CONFIG_INVALID', `${found}; ask the log for its count`);
  }

  private async close(): Promise<void> {
    clearInterval(this.poll);
    this.listener?.release(true);
    await this.pool.end();
  }
}
