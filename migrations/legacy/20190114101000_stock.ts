import type { Knex } from 'knex';

/** A product without a row here is made to order: its stock is not counted. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('product_stock', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.integer('product_id').unsigned().primary().references('products.id').onDelete('CASCADE');
    table.integer('quantity').unsigned().notNullable();
  });
  await knex.schema.createTable('stock_history', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    // No foreign key: the accountant asks about products that are gone.
    table.integer('product_id').unsigned().notNullable();
    table.integer('quantity_before').unsigned().notNullable();
    table.integer('quantity_after').unsigned().notNullable();
    table.datetime('changed_at').notNullable();
    table.index(['product_id'], 'stock_history_product_id_index');
  });
  // A trigger, because the warehouse's own program writes to product_stock as well.
  await knex.raw(`
    create trigger product_stock_history after update on product_stock for each row
    insert into stock_history (product_id, quantity_before, quantity_after, changed_at)
    values (new.product_id, old.quantity, new.quantity, utc_timestamp())`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('stock_history');
  await knex.schema.dropTable('product_stock');
}
