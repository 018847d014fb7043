import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Until when routers are asked to report what they count of every feature: somebody looks. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_route_table', 'counts_until', (table) => {
    table.datetime('counts_until', { precision: 3 }).nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_route_table', (table) => {
    table.dropColumn('counts_until');
  });
}
