import { hashOfRow, TABLES, type Row, type TableName } from '@fermata/read-model';

/**
 * The row changes of one batch: later changes of a row are laid over earlier ones, so that each
 * row is written once, however often the batch touched it.
 */
export class Changes {
  private readonly tables = new Map<TableName, Map<string, Row>>();
  /** Runs that ended otherwise than by completing: their open questions are closed. */
  readonly endedRuns: { readonly tenant: string; readonly run: string; readonly at: number }[] = [];

  /** Adds a change: columns it leaves out, or gives as null, stay as they are. */
  set(table: TableName, change: Row): void {
    const row = storable(change);
    const rows = this.tables.get(table) ?? new Map<string, Row>();
    this.tables.set(table, rows);
    const key = TABLES[table].keys.map((name) => row[name]).join('\u0000');
    const before = rows.get(key);
    rows.set(key, before === undefined ? row : laidOver(before, row));
  }

  /** Adds a row to the audit trail, chained to `previous`; gives its hash. */
  chain(previous: string, content: Row): string {
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
  for (const [name, cell] of Object.entries(after)) {
    if (cell !== null && cell !== undefined) merged[name] = cell;
  }
  return merged;
}
