import type { Knex } from 'knex';
import { createTableOnce } from '../resumable.ts';

/** What each handover cost the clients of each router. Of a router that left no row here nothing is known. */
export async function up(knex: Knex): Promise<void> {
  await createTableOnce(
    knex,
    'state_hold_costs',
    (table) => {
      table.string('feature', 64).notNullable();
      table.string('handover', 64).notNullable().comment('its id');
      table.string('replica', 190).notNullable();
      table.text('cost').notNullable().comment('JSON: requests held, the longest, failures by kind');
      table.boolean('told').notNullable().defaultTo(false).comment('the audit log has it');
      table.datetime('at', { precision: 3 }).notNullable();
      table.primary(['feature', 'handover', 'replica']);
      table.engine('InnoDB');
      table.charset('utf8mb4');
    },
    [['told', 'at']],
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('state_hold_costs');
}
