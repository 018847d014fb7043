import type { Knex } from 'knex';
import { dropIndexOnce } from '../resumable.ts';

const columns = ['lease_until'];

/**
 * Every beat of every router moves its lease, and an index on it, too: with a thousand routers the server then purges entries all
 * the time, and each count of the live ones reads those that are not purged yet. A look at all rows costs less.
 */
export async function up(knex: Knex): Promise<void> {
  await dropIndexOnce(knex, 'state_replicas', columns);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_replicas', (table) => {
    table.index(columns, 'state_replicas_lease_until_index');
  });
}
