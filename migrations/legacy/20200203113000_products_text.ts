import type { Knex } from 'knex';

/**
 * Search by name and description. MySQL has a parser for languages whose words are not set apart by spaces; MariaDB has none:
 * what that means for a search in Korean is told in legacy/models/product-search.ts.
 */
export async function up(knex: Knex): Promise<void> {
  const [[{ version }]] = await knex.raw('select version() as version');
  const parser = /mariadb/i.test(version) ? '' : 'with parser ngram';
  // An index remembers whether it leaves stop words out. With them, the ngram parser would drop every pair of letters
  // that has an "a" or an "i" in it.
  await knex.raw('set session innodb_ft_enable_stopword = 0');
  await knex.raw(`alter table products add fulltext index products_text_index (name, description) ${parser}`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (table) => table.dropIndex(['name'], 'products_text_index'));
}
