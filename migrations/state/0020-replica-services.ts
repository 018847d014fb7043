import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** The features whose service each router can ask: one that was started before a feature was configured cannot serve it. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_replicas', 'services', (table) => {
    table
      .text('services', 'mediumtext')
      .nullable()
      .comment('JSON: features whose service it can ask; null: it does not say');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_replicas', (table) => {
    table.dropColumn('services');
  });
}
