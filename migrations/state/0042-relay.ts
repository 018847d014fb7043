import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Where the control process takes routers' beats together, in a large fleet. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_route_table', 'relay', (table) => {
    table
      .string('relay', 512)
      .nullable()
      .comment('JSON: host, port and key; null: each router beats by itself');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_route_table', (table) => {
    table.dropColumn('relay');
  });
}
