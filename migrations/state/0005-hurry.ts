import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Until when routers are asked to beat more often than they do by themselves. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_route_table', 'hurry_until', (table) => {
    table.datetime('hurry_until', { precision: 3 }).nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_route_table', (table) => {
    table.dropColumn('hurry_until');
  });
}
