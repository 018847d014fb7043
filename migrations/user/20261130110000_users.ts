import type { Knex } from 'knex';

/** The monolith's two tables as they stand: same columns, same order, same types, same keys. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table users (
      id int unsigned not null auto_increment primary key,
      email varchar(190) not null,
      name varchar(120) not null,
      password_hash varchar(200) not null,
      role enum('user', 'owner', 'admin') not null default 'user',
      created_at datetime not null,
      unique key users_email_unique (email)
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
  await knex.raw(`
    create table sessions (
      token_hash char(64) character set ascii collate ascii_bin not null primary key,
      user_id int unsigned not null,
      created_at datetime not null,
      expires_at datetime not null,
      key sessions_user_id_foreign (user_id),
      key sessions_expires_at_index (expires_at),
      constraint sessions_user_id_foreign foreign key (user_id) references users (id) on delete cascade
    ) default character set ascii`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('sessions');
  await knex.schema.dropTable('users');
}
