import type { Knex } from 'knex';

/** The monolith's table as it stands after all its years: same columns, same order, same types, same keys. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('products', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.integer('shop_id').unsigned().notNullable();
    table.string('sku', 64).notNullable();
    table.string('name', 200).notNullable();
    table.text('description').notNullable();
    table.decimal('price', 12, 2).notNullable();
    table.enu('status', ['draft', 'live', 'sold_out']).notNullable().defaultTo('draft');
    table.json('attributes').nullable();
    table.datetime('created_at').notNullable();
    table.datetime('updated_at', { precision: 3 }).notNullable();
    table.unique(['sku'], { indexName: 'products_sku_unique' });
    table.index(['shop_id'], 'products_shop_id_index');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('products');
}
