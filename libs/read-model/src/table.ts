import { binaryArray, type Cell, type ColumnType } from './binary-array';

/** A column: its type, and whether it may hold nothing. */
export interface Column {
  readonly type: ColumnType;
  readonly isNullable: boolean;
}

/** A table: all that rows, statements and entities of it derive from. */
export interface Table {
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, Column>>;
  /** Columns of each index beside the key's. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
}

/** A row on its way, by column. */
export type Row = Readonly<Record<string, Cell>>;

interface Written {
  readonly text: string;
  readonly int: number;
  readonly bigint: number;
  readonly boolean: boolean;
}

/** Times and offsets come back as text: a JavaScript number may not hold them. */
interface Read extends Omit<Written, 'bigint'> {
  readonly bigint: string;
}

/** Names of the columns that always hold something. */
type Needed<T extends Table> = {
  [C in keyof T['columns']]: T['columns'][C]['isNullable'] extends true ? never : C;
}[keyof T['columns']];

/** A row as it is read. */
export type RowOf<T extends Table> = {
  readonly [C in keyof T['columns']]:
    | Read[T['columns'][C]['type']]
    | (C extends Needed<T> ? never : null);
};

/** A change of a row: what it leaves out, or gives as null, stays as it is. */
export type ChangeOf<T extends Table> = {
  readonly [C in Needed<T>]: Written[T['columns'][C]['type']];
} & {
  readonly [C in Exclude<keyof T['columns'], Needed<T>>]?: Written[T['columns'][C]['type']] | null;
};

/**
 * A change of every row that belongs to a run and still holds certain values: for what an event
 * makes of rows that it doesn't name.
 */
export interface Sweep {
  readonly where: Readonly<Record<string, string>>;
  readonly set: Readonly<Record<string, string>>;
  /** The column that says when. */
  readonly stamp: string;
}

/** A run whose rows are swept, and when. */
export interface Swept {
  readonly tenant: string;
  readonly run: string;
  readonly at: number;
}

/** The key of a row as one text. */
export function keyOf(table: Table, row: Row): string {
  return table.keys.map((name) => row[name]).join('\u0000');
}

/**
 * One statement that writes any number of rows: a row that is there keeps every column for which
 * the new one says null. So a step that begins and ends in one batch is one write.
 */
export function upsertOf(name: string, table: Table): string {
  const columns = Object.entries(table.columns);
  const arrays = columns.map(([, { type }], at) => `$${at + 1}::${type}[]`);
  const quoted = columns.map(([column]) => `"${column}"`);
  const keys = table.keys.map((key) => `"${key}"`).join(', ');
  const kept = quoted
    .filter((column) => !table.keys.includes(column.slice(1, -1)))
    .map((column) => `${column} = coalesce(excluded.${column}, ${name}.${column})`);
  return `INSERT INTO ${name} (${quoted.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})
    ON CONFLICT (${keys}) DO UPDATE SET ${kept.join(', ')}`;
}

/** The columns of rows, each as one array, in the order that `upsertOf` wants them. */
export function arraysOf(table: Table, rows: readonly Row[]): Buffer[] {
  return Object.entries(table.columns).map(([name, { type }]) => {
    const cells = rows.map((row) => row[name] ?? null);
    return binaryArray(type, cells);
  });
}

/** One statement that sweeps the rows of any number of runs; its values are `sweepArraysOf`. */
export function sweepOf(name: string, { where, set, stamp }: Sweep): string {
  const equal = (cells: Sweep['set']) =>
    Object.entries(cells).map(([column, cell]) => `${column} = '${cell}'`);
  const sets = [...equal(set), `${stamp} = swept.at`];
  const held = equal(where).map((one) => ` AND ${name}.${one}`);
  return `UPDATE ${name} SET ${sets.join(', ')}
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS swept(tenant, run, at)
    WHERE ${name}.tenant = swept.tenant AND ${name}.run = swept.run${held.join('')}`;
}

/** What `sweepOf` wants: tenants, runs and moments. */
export function sweepArraysOf(swept: readonly Swept[]): [string[], string[], number[]] {
  return [
    swept.map(({ tenant }) => tenant),
    swept.map(({ run }) => run),
    swept.map(({ at }) => at),
  ];
}
