import type { Knex } from 'knex';
import { createTableOnce } from '../resumable.ts';

/**
 * banyan's state. Everything that must change together changes in one transaction that first locks the one row of
 * `state_route_table`: it is the turnstile of all state changes. The names begin with `state_` because the mover keeps
 * its logs in a schema of the same name.
 */
export async function up(knex: Knex): Promise<void> {
  await createTableOnce(knex, 'state_route_table', (table) => {
    table.tinyint('id').unsigned().primary();
    table.bigInteger('version').unsigned().notNullable();
    table.datetime('written_at', { precision: 3 }).notNullable();
    table.text('content', 'longtext').notNullable();
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(knex, 'state_features', (table) => {
    table.string('feature', 64).primary();
    table.string('stage', 16).notNullable();
    table.datetime('since', { precision: 3 }).notNullable();
    table.boolean('paused').notNullable();
    table.boolean('hold').notNullable();
    table.boolean('recopy').notNullable().comment('the other side is being copied once more');
    table.text('failing').nullable().comment('JSON: why the move stopped');
    table.text('transition').nullable().comment('JSON: the cutover or rollback under way');
    table.text('verified').nullable().comment('JSON: the last verify of the move under way');
    table.text('read_percents', 'mediumtext').notNullable().comment('JSON: route id → percent');
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(knex, 'state_leases', (table) => {
    table.string('name', 96).primary();
    table.string('holder', 190).notNullable();
    table.bigInteger('epoch').unsigned().notNullable().comment('grows with every new holder');
    table.datetime('acquired_at', { precision: 3 }).notNullable();
    table.datetime('lease_until', { precision: 3 }).notNullable();
    table.engine('InnoDB');
    table.charset('utf8mb4');
  });
  await createTableOnce(
    knex,
    'state_replicas',
    (table) => {
      table.string('replica', 190).primary();
      table.string('host', 255).notNullable();
      table.integer('pid').unsigned().notNullable();
      table.bigInteger('version').unsigned().notNullable();
      table
        .text('drained')
        .notNullable()
        .comment('JSON: feature → version of the hold that it has drained for');
      table.datetime('beat_at', { precision: 3 }).notNullable();
      table.datetime('lease_until', { precision: 3 }).notNullable();
      table.engine('InnoDB');
      table.charset('utf8mb4');
    },
    [['lease_until']],
  );
  await createTableOnce(
    knex,
    'state_audit',
    (table) => {
      table.bigIncrements('id');
      table.datetime('at', { precision: 3 }).notNullable();
      table.string('who', 190).notNullable();
      table.text('why').notNullable();
      table.string('action', 64).notNullable();
      table.string('feature', 64).nullable();
      table.text('from_state').nullable().comment('JSON: what of the feature changed, before');
      table.text('to_state').nullable().comment('JSON: … and after');
      table.bigInteger('version').unsigned().notNullable().comment('of the route table after it');
      table.engine('InnoDB');
      table.charset('utf8mb4');
    },
    [['feature', 'id']],
  );
  await knex('state_route_table')
    .insert({
      id: 1,
      version: 0,
      written_at: knex.raw('UTC_TIMESTAMP(3)'),
      content: JSON.stringify({ features: [], routes: [] }),
    })
    .onConflict('id')
    .ignore();
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'state_audit',
    'state_replicas',
    'state_leases',
    'state_features',
    'state_route_table',
  ]) {
    await knex.schema.dropTable(table);
  }
}
