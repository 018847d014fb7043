import type { Knex } from 'knex';

/*
 * MySQL and MariaDB commit each CREATE and ALTER by itself: a migration that fails half-way (a missing privilege, a server
 * that went away) leaves what it made so far, and is run from its beginning the next time. So each of its steps looks
 * whether it is done already.
 */

/** Creates a table and its indexes, as far as they are missing. */
export async function createTableOnce(
  knex: Knex,
  name: string,
  build: (table: Knex.CreateTableBuilder) => void,
  indexes: readonly (readonly string[])[] = [],
): Promise<void> {
  if (!(await knex.schema.hasTable(name))) await knex.schema.createTable(name, build);
  for (const columns of indexes) {
    if (await hasIndex(knex, name, columns)) continue;
    await knex.schema.alterTable(name, (table) => table.index([...columns], indexName(name, columns)));
  }
}

/** Takes away an index that `createTableOnce` made, if it is still there. */
export async function dropIndexOnce(knex: Knex, name: string, columns: readonly string[]): Promise<void> {
  if (!(await hasIndex(knex, name, columns))) return;
  await knex.schema.alterTable(name, (table) => table.dropIndex([...columns], indexName(name, columns)));
}

function indexName(table: string, columns: readonly string[]): string {
  return `${table}_${columns.join('_')}_index`;
}

async function hasIndex(knex: Knex, table: string, columns: readonly string[]): Promise<boolean> {
  const [found] = await knex('information_schema.STATISTICS')
    .select('INDEX_NAME')
    .where({ TABLE_NAME: table, INDEX_NAME: indexName(table, columns) })
    .andWhere('TABLE_SCHEMA', knex.raw('DATABASE()'))
    .limit(1);
  return found !== undefined;
}

export async function addColumnOnce(
  knex: Knex,
  table: string,
  column: string,
  build: (table: Knex.AlterTableBuilder) => void,
): Promise<void> {
  if (!(await knex.schema.hasColumn(table, column))) await knex.schema.alterTable(table, build);
}
