import type { Knex } from 'knex';

/** What was asked and answered. Made on a bad day, without a primary key; nobody has needed one since. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('logs', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.datetime('at', { precision: 3 }).notNullable();
    table.string('method', 10).notNullable();
    table.string('path', 500).notNullable();
    table.smallint('status').unsigned().notNullable();
    table.integer('duration_ms').unsigned().notNullable();
    table.integer('user_id').unsigned().nullable();
    table.index(['at'], 'logs_at_index');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('logs');
}
