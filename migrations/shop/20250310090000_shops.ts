import type { Knex } from 'knex';

/** The monolith's two tables as they stand after all its years. Users live elsewhere: no key reaches them. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('shops', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.string('name', 120).notNullable();
    table.string('city', 80).notNullable();
    table.string('email', 190).nullable();
    table.datetime('created_at').notNullable();
    table.enu('state', ['open', 'paused', 'closed']).notNullable().defaultTo('open');
  });
  await knex.schema.createTable('shop_owners', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.integer('shop_id').unsigned().notNullable().references('shops.id').onDelete('CASCADE');
    table.integer('user_id').unsigned().notNullable();
    table.primary(['shop_id', 'user_id']);
    table.index(['user_id'], 'shop_owners_user_id_foreign');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('shop_owners');
  await knex.schema.dropTable('shops');
}
