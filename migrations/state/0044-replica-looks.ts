import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** How long each replica goes by a look at the route table; null: one of an earlier version, which goes by its report alone. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_replicas', 'look_ms', (table) => {
    table.integer('look_ms').unsigned().nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_replicas', (table) => {
    table.dropColumn('look_ms');
  });
}
