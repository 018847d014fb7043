import type { Knex } from 'knex';

/** The search indexer polls by updated_at and missed rows that changed twice within one second. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (table) => {
    table.datetime('updated_at', { precision: 3 }).notNullable().alter();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (table) => {
    table.datetime('updated_at').notNullable().alter();
  });
}
