import type { Knex } from 'knex';

/** What was asked and answered. Made on a bad day, without a primary key; nobody has needed one since. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table logs (
      at datetime(3) not null,
      method varchar(10) not null,
      path varchar(500) not null,
      status smallint unsigned not null,
      duration_ms int unsigned not null,
      user_id int unsigned null,
      key logs_at_index (at)
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('logs');
}
