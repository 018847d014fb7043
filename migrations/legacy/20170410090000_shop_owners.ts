import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('shops', (table) => {
    table.enu('state', ['open', 'paused', 'closed']).notNullable().defaultTo('open');
  });
  // A shop's owners go with it; a user who owns a shop cannot be deleted.
  await knex.raw(`
    create table shop_owners (
      shop_id int unsigned not null,
      user_id int unsigned not null,
      primary key (shop_id, user_id),
      key shop_owners_user_id_foreign (user_id),
      constraint shop_owners_shop_id_foreign foreign key (shop_id) references shops (id) on delete cascade,
      constraint shop_owners_user_id_foreign foreign key (user_id) references users (id)
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('shop_owners');
  await knex.schema.alterTable('shops', (table) => table.dropColumn('state'));
}
