import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('shops', (table) => {
    table.enu('state', ['open', 'paused', 'closed']).notNullable().defaultTo('open');
  });
  await knex.schema.createTable('shop_owners', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.integer('shop_id').unsigned().notNullable().references('shops.id').onDelete('CASCADE');
    // A user who owns a shop cannot be deleted.
    table.integer('user_id').unsigned().notNullable().references('users.id');
    table.primary(['shop_id', 'user_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('shop_owners');
  await knex.schema.alterTable('shops', (table) => table.dropColumn('state'));
}
