import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** How fast a feature's copy may go, where somebody has said so. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'throttle', (table) => {
    table.text('throttle').nullable().comment('JSON: {workers, share}');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('throttle');
  });
}
