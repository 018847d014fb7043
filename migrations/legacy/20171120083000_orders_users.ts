import type { Knex } from 'knex';

/** Orders of guests have no user. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('orders', (table) => {
    table.integer('user_id').unsigned().nullable().references('users.id');
    table.enu('status', ['placed', 'shipped', 'cancelled']).notNullable().defaultTo('placed');
  });
  await knex.schema.alterTable('order_items', (table) => {
    // No foreign key, as with product_id: the books keep the line.
    table.integer('option_id').unsigned().nullable();
    table.string('option_name', 120).nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('order_items', (table) => table.dropColumns('option_id', 'option_name'));
  await knex.schema.alterTable('orders', (table) => {
    table.dropForeign(['user_id']);
    table.dropColumns('user_id', 'status');
  });
}
