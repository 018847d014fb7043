import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** What a replica is: a router, or a process of the monolith that has seams. Both are waited for by handovers. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_replicas', 'kind', (table) => {
    table.string('kind', 10).notNullable().defaultTo('router');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_replicas', (table) => {
    table.dropColumn('kind');
  });
}
