import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Every router tells the store itself. */
export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('state_route_table', 'relay'))) return;
  await knex.schema.alterTable('state_route_table', (table) => {
    table.dropColumn('relay');
  });
}

export async function down(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_route_table', 'relay', (table) => {
    table.string('relay', 512).nullable();
  });
}
