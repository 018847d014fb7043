import type { Knex } from 'knex';

/** A partition a day, so that a day is dropped at once. The log service adds them; what is later than all of them is in `rest`. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE entries (
      day DATE NOT NULL,
      id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
      at DATETIME(3) NOT NULL,
      source VARCHAR(64) NOT NULL,
      level VARCHAR(8) NOT NULL,
      message MEDIUMTEXT NOT NULL,
      fields MEDIUMTEXT NULL,
      PRIMARY KEY (day, id),
      KEY entries_day_at_index (day, at, id)
    ) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    PARTITION BY RANGE COLUMNS (day) (PARTITION rest VALUES LESS THAN (MAXVALUE))`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('entries');
}
