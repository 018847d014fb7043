import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/**
 * Each entry of the audit log has a hash of itself and of the one before it, so that one that was changed or taken out shows; and
 * the figures of what happened. Features can be frozen.
 */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_audit', 'details', (table) => {
    table
      .text('details', 'mediumtext')
      .nullable()
      .comment('JSON: figures: guards, times, what a verify found');
  });
  await addColumnOnce(knex, 'state_audit', 'hash', (table) => {
    table
      .string('hash', 64)
      .nullable()
      .comment('SHA-256 of the entry and of the hash before; null: from before there were any');
  });
  await addColumnOnce(knex, 'state_features', 'frozen', (table) => {
    table.text('frozen').nullable().comment('JSON: who froze it, when and why');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('frozen');
  });
  await knex.schema.alterTable('state_audit', (table) => {
    table.dropColumn('hash');
    table.dropColumn('details');
  });
}
