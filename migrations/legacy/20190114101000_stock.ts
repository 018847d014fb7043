import type { Knex } from 'knex';

/** A product without a row here is made to order: its stock is not counted. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table product_stock (
      product_id int unsigned not null primary key,
      quantity int unsigned not null,
      constraint product_stock_product_id_foreign foreign key (product_id) references products (id) on delete cascade
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
  // No foreign key: the accountant asks about products that are gone.
  await knex.raw(`
    create table stock_history (
      id int unsigned not null auto_increment primary key,
      product_id int unsigned not null,
      quantity_before int unsigned not null,
      quantity_after int unsigned not null,
      changed_at datetime not null,
      key stock_history_product_id_index (product_id)
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
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
