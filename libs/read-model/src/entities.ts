import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { Table } from './table';
import { TABLES } from './tables';

/** All entities of the read model, as TypeORM wants them. */
export const ENTITIES = Object.entries(TABLES).map(([name, table]) => entityOf(name, table));

function entityOf(name: string, { keys, columns, indexes = {} }: Table): EntitySchema {
  const options = Object.entries(columns).map(
    ([column, { type, isNullable }]): [string, EntitySchemaColumnOptions] => [
      column,
      { type, nullable: isNullable, primary: keys.includes(column) },
    ],
  );
  return new EntitySchema({
    name,
    tableName: name,
    columns: Object.fromEntries(options),
    indices: Object.entries(indexes).map(([index, of]) => ({ name: index, columns: [...of] })),
  });
}
