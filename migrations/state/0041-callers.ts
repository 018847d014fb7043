import type { Knex } from 'knex';
import { createTableOnce } from '../resumable.ts';

/** Which routes and jobs of the monolith were seen to touch tables, as its own processes report. */
export async function up(knex: Knex): Promise<void> {
  await createTableOnce(
    knex,
    'state_callers',
    (table) => {
      table.string('database_name', 64).notNullable();
      table.string('table_name', 64).notNullable();
      table.string('access', 5).notNullable();
      table.string('caller', 120).notNullable().comment('a route or a job');
      table.string('app', 40).notNullable();
      table.text('statement').notNullable().comment('the last one, without its values');
      table.bigint('seen').unsigned().notNullable();
      table.datetime('first_at', { precision: 3 }).notNullable();
      table.datetime('last_at', { precision: 3 }).notNullable();
      table.primary(['database_name', 'table_name', 'access', 'caller', 'app']);
      table.engine('InnoDB');
      table.charset('utf8mb4');
    },
    [['last_at']],
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('state_callers');
}
