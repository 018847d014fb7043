import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** An `abandon` or a `finish` that was begun and is not done. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'ending', (table) => {
    table.text('ending').nullable().comment('JSON: which command, and who began it, when and why');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('ending');
  });
}
