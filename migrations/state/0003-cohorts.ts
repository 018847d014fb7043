import type { Knex } from 'knex';
import { addColumnOnce } from '../resumable.ts';

/** Cohorts whose reads go to the service. A control process that does not know the column leaves it as it is. */
export async function up(knex: Knex): Promise<void> {
  await addColumnOnce(knex, 'state_features', 'read_cohorts', (table) => {
    table
      .text('read_cohorts', 'mediumtext')
      .nullable()
      .comment('JSON: route id → names of cohorts, none if null');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('state_features', (table) => {
    table.dropColumn('read_cohorts');
  });
}
