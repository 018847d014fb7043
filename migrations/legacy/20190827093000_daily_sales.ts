import type { Knex } from 'knex';

/** Filled each night, so that reports need not read all orders. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('daily_sales', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.date('day').notNullable();
    table.integer('shop_id').unsigned().notNullable();
    table.integer('orders').unsigned().notNullable();
    table.integer('items').unsigned().notNullable();
    table.integer('buyers').unsigned().notNullable();
    table.decimal('revenue', 14, 2).notNullable();
    table.primary(['day', 'shop_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('daily_sales');
}
