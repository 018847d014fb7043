import type { Knex } from 'knex';

/** Events that the service has promised, in the transaction of what they tell. The table is the service's own: no move takes it along. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('outbox', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_bin');
    // Events of one key are in this order: the row that they tell of was locked when they got it.
    table.bigIncrements('id');
    table.string('event_id', 36).notNullable();
    table.string('event_key', 64).notNullable();
    table.string('type', 64).notNullable();
    // What is sent, as it is sent.
    table.text('body', 'mediumtext').notNullable();
    table.datetime('created_at', { precision: 3 }).notNullable();
    // null: the broker has not acknowledged it.
    table.datetime('published_at', { precision: 3 }).nullable();
    table.bigInteger('stream_seq').unsigned().nullable();
    table.unique(['event_id'], { indexName: 'outbox_event_id_unique' });
    table.index(['published_at', 'id'], 'outbox_published_at_index');
    table.index(['stream_seq'], 'outbox_stream_seq_index');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('outbox');
}
