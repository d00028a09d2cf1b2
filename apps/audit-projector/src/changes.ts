import {
  hashOfRow,
  keyOf,
  TABLES,
  type Change,
  type Row,
  type Swept,
  type TableName,
} from '@fermata/read-model';

/**
 * The row changes of one batch: later changes of a row are laid over earlier ones, so that each
 * row is written once, however often the batch touched it.
 */
export class Changes {
  private readonly tables = new Map<TableName, Map<string, Row>>();
  /** Runs whose rows of a table are swept, once the rows of the batch are written. */
  readonly sweeps = new Map<TableName, Swept[]>();

  /** Adds a change: columns it leaves out, or gives as null, stay as they are. */
  set(table: TableName, change: Row): void {
    const row = storable(change);
    const rows = this.tables.get(table) ?? new Map<string, Row>();
    this.tables.set(table, rows);
    const key = keyOf(TABLES[table], row);
    const before = rows.get(key);
    rows.set(key, before === undefined ? row : laidOver(before, row));
  }

  /** Adds a run whose rows are swept. */
  sweep(table: TableName, swept: Swept): void {
    const runs = this.sweeps.get(table) ?? [];
    this.sweeps.set(table, runs);
    runs.push(swept);
  }

  /** Adds a row to the audit trail, chained to `previous`; gives its hash. */
  chain(previous: string, content: Omit<Change<'audit'>, 'prev_hash' | 'hash'>): string {
    const row = storable(content);
    const hash = hashOfRow(previous, row);
    this.set('audit', { ...row, prev_hash: previous, hash });
    return hash;
  }

  /** The tables that changed, with their rows. */
  *byTable(): Generator<readonly [TableName, readonly Row[]]> {
    for (const [table, rows] of this.tables) yield [table, [...rows.values()]];
  }
}

/**
 * The row as PostgreSQL gives it back: text there holds no U+0000 and no half of a surrogate pair.
 * What a person or an agent said must neither stop the projection nor look like a broken seal.
 */
function storable(row: Row): Row {
  let changed: Record<string, Row[string]> | undefined;
  // Each row of each event passes here: no pairs are made of it.
  for (const name in row) {
    const cell = row[name];
    if (typeof cell !== 'string' || (cell.isWellFormed() && !cell.includes('\u0000'))) continue;
    changed ??= { ...row };
    changed[name] = cell.toWellFormed().replaceAll('\u0000', '\uFFFD');
  }
  return changed ?? row;
}

function laidOver(before: Row, after: Row): Row {
  const merged: Record<string, Row[string]> = { ...before };
  for (const name in after) {
    const cell = after[name];
    if (cell !== null && cell !== undefined) merged[name] = cell;
  }
  return merged;
}
