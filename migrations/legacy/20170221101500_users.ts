import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('users', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.string('email', 190).notNullable();
    table.string('name', 120).notNullable();
    table.string('password_hash', 200).notNullable();
    table.enu('role', ['user', 'owner', 'admin']).notNullable().defaultTo('user');
    table.datetime('created_at').notNullable();
    table.unique(['email'], { indexName: 'users_email_unique' });
  });
  await knex.schema.createTable('sessions', (table) => {
    table.charset('ascii');
    // The cookie holds the token, the table its SHA-256: who reads a backup can log in as nobody.
    table.specificType('token_hash', 'char(64) character set ascii collate ascii_bin').primary();
    table.integer('user_id').unsigned().notNullable().references('users.id').onDelete('CASCADE');
    table.datetime('created_at').notNullable();
    table.datetime('expires_at').notNullable();
    table.index(['expires_at'], 'sessions_expires_at_index');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('sessions');
  await knex.schema.dropTable('users');
}
