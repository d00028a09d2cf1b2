import { PROJECTIONS } from '@fermata/audit-projector';
import { keyOf, TABLES, type Row, type Table, type TableName } from '@fermata/read-model';
import type { Place } from '@fermata/log';
import { call } from './log-port';
import { pause } from './pause';
import { readArray } from './read-array';
import type { Wire } from './wire';

/** What ProjectionLoop asks of a connection. */
type Query = string | { readonly name: string; readonly text: string; readonly values: unknown[] };
interface Answer {
  readonly rowCount: number | null;
  readonly rows: Record<string, unknown>[];
}

/** A transaction: its changes count once it is committed, and its lock holds until it is over. */
interface Transaction {
  readonly changes: (() => void)[];
  partition: number | null;
  isOver: boolean;
}

const NOTHING: Answer = { rowCount: 0, rows: [] };
const WAIT_MS = 5;

/**
 * The read model's database, as far as the projection uses it: upserts, one lock for each
 * partition's place, and commits that may be lost, or succeed without anybody hearing of it.
 */
export class SimDatabase {
  readonly tables = new Map<TableName, Map<string, Row>>();
  readonly positions = new Map<number, Place>();
  private readonly open = new Set<Transaction>();

  /** The database as one process has it. */
  source(wire: Wire) {
    return {
      query: async (text: string, values: readonly unknown[]) =>
        call(wire, `query ${text.slice(0, 24)}`, () => this.read(text, Number(values[0]))),
      createQueryRunner: () => this.runner(wire),
    };
  }

  private runner(wire: Wire) {
    const tx: Transaction = { changes: [], partition: null, isOver: false };
    this.open.add(tx);
    const { world, process } = wire;
    // A server misses a client that died, or whose connection broke, only after a while.
    const miss = (): void => void world.after(world.random.int(50, 2_000), () => this.end(tx));
    process.onEnd(miss);
    const query = (one: Query): Promise<Answer> => this.perform(wire, tx, one);
    return { connect: async () => ({ query }), release: async () => miss() };
  }

  private async perform(wire: Wire, tx: Transaction, query: Query): Promise<Answer> {
    const name = typeof query === 'string' ? query : query.name;
    const values = typeof query === 'string' ? [] : query.values;
    for (;;) {
      // A connection brings a statement once, or not at all.
      let isNew = true;
      const answer = await call(wire, name, () => {
        const answered = isNew ? this.apply(tx, name, values) : NOTHING;
        isNew = false;
        return answered;
      });
      if (answer !== null) return answer;
      await pause(WAIT_MS);
    }
  }

  /** Null while another transaction holds the lock that this one needs. */
  private apply(tx: Transaction, name: string, values: readonly unknown[]): Answer | null {
    if (tx.isOver) return NOTHING;
    if (name === 'COMMIT') {
      for (const change of tx.changes) change();
      this.end(tx);
    } else if (name === 'ROLLBACK') this.end(tx);
    else if (name === 'move-place') return this.movePlace(tx, values.map(Number));
    else {
      const [does, table] = name.split('-', 2) as [string, TableName];
      if (does === 'upsert') tx.changes.push(() => this.upsert(table, values as readonly Buffer[]));
      if (does === 'sweep') tx.changes.push(() => this.sweep(table, values));
    }
    return NOTHING;
  }

  private end(tx: Transaction): void {
    tx.isOver = true;
    this.open.delete(tx);
  }

  private movePlace(tx: Transaction, values: readonly number[]): Answer | null {
    const [partition = 0, offset = 0, epoch = 0, seq = 0, ...from] = values;
    const isLocked = [...this.open].some((one) => one !== tx && one.partition === partition);
    if (isLocked) return null;
    tx.partition = partition;
    const at = this.positions.get(partition) ?? { offset: -1, epoch: 0, seq: 0 };
    const isThere = at.offset === from[0] && at.epoch === from[1] && at.seq === from[2];
    if (!isThere) return NOTHING;
    tx.changes.push(() => this.positions.set(partition, { offset, epoch, seq }));
    return { rowCount: 1, rows: [] };
  }

  private upsert(name: TableName, arrays: readonly Buffer[]): void {
    const table: Table = TABLES[name];
    const rows = this.tables.get(name) ?? new Map<string, Row>();
    this.tables.set(name, rows);
    const columns = Object.entries(table.columns).map(([column, { type }], at) => {
      return { column, cells: readArray(type, arrays[at] ?? Buffer.alloc(20)) };
    });
    const count = columns[0]?.cells.length ?? 0;
    for (let index = 0; index < count; index++) {
      const row: Record<string, Row[string]> = {};
      for (const { column, cells } of columns) row[column] = cells[index] ?? null;
      const key = keyOf(table, row);
      const before = rows.get(key);
      // A column that is left out keeps what it says.
      if (before !== undefined) for (const one in row) row[one] ??= before[one] ?? null;
      rows.set(key, row);
    }
  }

  private sweep(name: TableName, [tenants, runs, moments]: readonly unknown[]): void {
    const sweep = PROJECTIONS.find(({ table }) => table === name)?.sweep;
    const rows = this.tables.get(name);
    if (sweep === undefined || rows === undefined) return;
    const swept = new Map(
      (runs as string[]).map((run, at) => [`${(tenants as string[])[at]}/${run}`, at]),
    );
    const where = Object.entries(sweep.where);
    for (const [key, row] of rows) {
      const at = swept.get(`${row['tenant']}/${row['run']}`);
      if (at === undefined || where.some(([column, cell]) => row[column] !== cell)) continue;
      rows.set(key, { ...row, ...sweep.set, [sweep.stamp]: (moments as number[])[at] ?? null });
    }
  }

  private read(text: string, partition: number): Record<string, unknown>[] {
    if (text.includes('FROM positions')) {
      const place = this.positions.get(partition);
      return place === undefined ? [] : [{ partition, ...place }];
    }
    const heads = [...(this.tables.get('audit_heads')?.values() ?? [])];
    return heads.filter((row) => row['partition'] === partition);
  }

  /** All rows as text, the same for equal tables. */
  toText(): string {
    const tables = [...this.tables].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify(
      tables.map(([name, rows]) => [name, [...rows].sort(([a], [b]) => (a < b ? -1 : 1))]),
    );
  }
}
