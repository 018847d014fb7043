import type { Knex } from 'knex';

/** Orders of guests have no user. An option has no foreign key, as the product has none: the books keep the line. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table orders
      add column user_id int unsigned null,
      add column status enum('placed', 'shipped', 'cancelled') not null default 'placed',
      add key orders_user_id_foreign (user_id),
      add constraint orders_user_id_foreign foreign key (user_id) references users (id)`);
  await knex.raw(
    'alter table order_items add column option_id int unsigned null, add column option_name varchar(120) null',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('order_items', (table) => table.dropColumns('option_id', 'option_name'));
  await knex.schema.alterTable('orders', (table) => {
    table.dropForeign(['user_id']);
    table.dropColumns('user_id', 'status');
  });
}
