import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** By which config each router goes, and how often all were asked to read theirs again. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_replicas', 'config', (table) => {
    table
      .text('config', 'mediumtext')
      .nullable()
      .comment('JSON: prints of its config, and what came of its last reload; null: it does not say');
  });
  await addColumnOnce(knex, 'state_route_table', 'reload', (table) => {
    table.bigInteger('reload').unsigned().notNullable().defaultTo(0).comment('grows: read your config again');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_route_table', (table) => {
    table.dropColumn('reload');
  });
  await knex.schema.alterTable('state_replicas', (table) => {
    table.dropColumn('config');
  });
}
