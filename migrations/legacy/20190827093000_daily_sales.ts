import type { Knex } from 'knex';

/** Filled each night, so that reports need not read all orders. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table daily_sales (
      day date not null,
      shop_id int unsigned not null,
      orders int unsigned not null,
      items int unsigned not null,
      buyers int unsigned not null,
      revenue decimal(14, 2) not null,
      primary key (day, shop_id)
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('daily_sales');
}
