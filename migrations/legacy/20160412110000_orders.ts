import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('orders', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.integer('shop_id').unsigned().notNullable().references('shops.id');
    table.decimal('total', 14, 2).notNullable();
    table.string('note', 500).nullable();
    table.datetime('created_at').notNullable();
    table.index(['created_at', 'shop_id'], 'orders_created_at_index');
  });
  await knex.schema.createTable('order_items', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.integer('order_id').unsigned().notNullable().references('orders.id').onDelete('CASCADE');
    // No foreign key to products: an order outlives what was sold. Shops delete products every season, and the
    // books keep the line with the name and the price of that day.
    table.integer('product_id').unsigned().notNullable();
    table.string('product_name', 200).notNullable();
    table.integer('quantity').unsigned().notNullable();
    table.decimal('unit_price', 12, 2).notNullable();
    table.index(['product_id'], 'order_items_product_id_index');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('order_items');
  await knex.schema.dropTable('orders');
}
