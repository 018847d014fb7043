import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Canaries that go on by themselves. A control process that does not know the column leaves it as it is. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'canaries', (table) => {
    table.text('canaries', 'mediumtext').nullable().comment('JSON: plans of ramps and reverts, none if null');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('canaries');
  });
}
