import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { openReadModel } from './data-source';
import { TABLES } from './tables';
import type { Table } from './table';

let source: DataSource;

beforeAll(async () => {
  const server = process.env['FERMATA_TEST_POSTGRES_URL'] ?? '';
  const name = `tables_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  source = await openReadModel(server.replace(/\/postgres$/, `/${name}`));
});
afterAll(() => source.destroy());

const NAMES: Readonly<Record<string, string>> = { integer: 'int' };

/** The tables that the migrations made, as `TABLES` would state them. */
async function tablesMade(): Promise<Record<string, Table>> {
  const columns = await source.query(
    `SELECT table_name AS name, column_name AS column, data_type AS type, is_nullable AS nullable
     FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position`,
  );
  const indexes = await source.query(
    `SELECT t.relname AS name, i.relname AS index, x.indisprimary AS primary, (
       SELECT array_agg(a.attname::text ORDER BY k.at)
       FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, at)
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum) AS columns
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'`,
  );
  const names = new Set<string>(columns.map(({ name }: { name: string }) => name));
  names.delete('read_model_migrations');
  return Object.fromEntries(
    [...names].map((name) => {
      const isOf = (row: { readonly name: string }) => row.name === name;
      const primary = indexes.filter(isOf).find((row: { primary: boolean }) => row.primary);
      const others = indexes.filter(isOf).filter((row: { primary: boolean }) => !row.primary);
      return [
        name,
        {
          keys: primary.columns,
          columns: Object.fromEntries(
            columns
              .filter(isOf)
              .map((row: { column: string; type: string; nullable: string }) => [
                row.column,
                { type: NAMES[row.type] ?? row.type, isNullable: row.nullable === 'YES' },
              ]),
          ),
          indexes: Object.fromEntries(
            others.map((row: { index: string; columns: string[] }) => [row.index, row.columns]),
          ),
        },
      ];
    }),
  );
}

describe('the tables of the read model', () => {
  it('are stated as the migrations make them', async () => {
    const stated = Object.entries(TABLES).map(([name, table]: [string, Table]) => [
      name,
      { indexes: {}, ...table },
    ]);
    expect(await tablesMade()).toEqual(Object.fromEntries(stated));
  });

  it('are what TypeORM knows of them: it would change nothing', async () => {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });
});
