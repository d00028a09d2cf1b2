import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, TABLES, type Row, type Table, type TableName } from '@fermata/read-model';
import { Changes } from './changes';
import { recordedEvents } from './golden/events.fixture';
import { projectEvent } from './project-event';
import { PROJECTIONS } from './projections/projections';

const GOLDEN = join(__dirname, 'golden/rows.json');
const EVENTS = recordedEvents();

type Rows = Map<string, Row>;

/** Writes a batch's changes as the database does. */
function write(tables: Map<TableName, Rows>, changes: Changes): void {
  for (const [name, rows] of changes.byTable()) {
    const { columns }: Table = TABLES[name];
    const kept: Rows = tables.get(name) ?? new Map();
    tables.set(name, kept);
    for (const row of rows) {
      const before = kept.get(keyOf(TABLES[name], row));
      const cells = Object.keys(columns)
        .sort()
        .map((column) => [column, row[column] ?? before?.[column] ?? null] as const);
      kept.set(keyOf(TABLES[name], row), Object.fromEntries(cells));
    }
  }
  for (const { table, sweep } of PROJECTIONS) {
    for (const { tenant, run, at } of changes.sweeps.get(table) ?? []) {
      const { where = {}, set, stamp = '' } = sweep ?? {};
      for (const [key, row] of tables.get(table) ?? []) {
        const isMeant = Object.entries({ tenant, run, ...where }).every(([c, v]) => row[c] === v);
        if (isMeant) tables.get(table)?.set(key, { ...row, ...set, [stamp]: at });
      }
    }
  }
}

/** The rows of all events, so many to a batch. */
function rowsOf(batchSize: number): Record<string, Row[]> {
  const tables = new Map<TableName, Rows>();
  for (let from = 0; from < EVENTS.length; from += batchSize) {
    const changes = new Changes();
    EVENTS.slice(from, from + batchSize).forEach((event, index) =>
      projectEvent(changes, event, { partition: 3, offset: 100 + from + index }),
    );
    write(tables, changes);
  }
  const rows = [...tables].map(([name, kept]) => {
    const inOrder = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
    return [name, inOrder.map(([, row]) => row)];
  });
  return Object.fromEntries(rows);
}

describe('the projections', () => {
  it.each([1, 3, 1_000])('make the rows that they always made, %d events to a batch', (size) => {
    expect(rowsOf(size)).toEqual(JSON.parse(readFileSync(GOLDEN, 'utf8')));
  });

  it('name no column that their table does not have', () => {
    for (const event of EVENTS) {
      for (const { table, rowOf } of PROJECTIONS) {
        if (event.tenant === null) continue;
        const row = rowOf(event as Parameters<typeof rowOf>[0], { partition: 0, offset: 0 });
        const known = Object.keys(TABLES[table].columns);
        expect(known).toEqual(expect.arrayContaining(Object.keys(row ?? {})));
      }
    }
  });
});
