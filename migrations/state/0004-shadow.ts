import type { Knex } from 'knex';
import { addColumnOnce, createTableOnce } from '../resumable.ts';

/**
 * Shadows, and what routers counted. A row of counts holds all that one replica counted of one feature, and is replaced
 * as a whole, so a report that is repeated counts once; what all counted is the sum.
 */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'shadow', (table) => {
    table.text('shadow', 'mediumtext').nullable().comment('JSON: what is compared, ignored, signed off');
  });
  await createTableOnce(knex, 'state_counts', (table) => {
    table.string('replica', 190).notNullable();
    table.string('feature', 64).notNullable();
    table.text('shadow', 'longtext').nullable().comment('JSON: {run, tally}');
    table.text('traffic', 'mediumtext').nullable().comment('JSON: route id → side → counts');
    table.datetime('at', { precision: 3 }).notNullable();
    table.primary(['feature', 'replica']);
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(knex, 'state_current', (table) => {
    table.string('feature', 64).primary();
    table
      .datetime('at', { precision: 3 })
      .notNullable()
      .comment('the side that does not own the rows held everything then');
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(knex, 'state_guards', (table) => {
    table.string('feature', 64).notNullable();
    table.string('plan', 64).notNullable();
    table.text('memory', 'longtext').notNullable().comment('JSON: what the guard of a canary has seen');
    table.datetime('at', { precision: 3 }).notNullable();
    table.primary(['feature', 'plan']);
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('state_guards');
  await knex.schema.dropTable('state_current');
  await knex.schema.dropTable('state_counts');
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('shadow');
  });
}
