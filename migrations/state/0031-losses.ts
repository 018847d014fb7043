import type { Knex } from 'knex';
import { addColumnOnce, createTableOnce } from '../resumable.ts';

/** What a rollback that accepts a loss leaves behind, and what control saw of each log before a database was lost. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'lost', (table) => {
    table.text('lost').nullable().comment('JSON: the service that a rollback with a loss has left');
  });
  await createTableOnce(knex, 'state_seen', (table) => {
    table.string('feature', 64).primary();
    table.datetime('at', { precision: 3 }).notNullable().comment('when the log of changes was looked at');
    table.bigInteger('entries').unsigned().notNullable();
    table
      .datetime('current_at', { precision: 3 })
      .nullable()
      .comment('what was written before is on both sides');
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(
    knex,
    'state_lost_keys',
    (table) => {
      table.bigIncrements('id');
      table.string('rollback', 36).notNullable().comment('id of the rollback that accepted the loss');
      table.string('feature', 64).notNullable();
      table.string('table_name', 64).notNullable().comment('as the service has it');
      table.text('row_key', 'mediumtext').notNullable().comment('JSON: column → value');
      table.datetime('noted_at', { precision: 3 }).notNullable().comment('by the clock of its server');
      table.engine('InnoDB');
      table.charset('utf8mb4');
    },
    [['rollback']],
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('state_lost_keys');
  await knex.schema.dropTableIfExists('state_seen');
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('lost');
  });
}
