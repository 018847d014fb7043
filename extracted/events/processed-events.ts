import type { Knex } from 'knex';

/** For a consumer's migration: which events it has processed. Events come again for as long as an outbox keeps them: keep these longer. */
export async function createProcessedEvents(database: Knex): Promise<void> {
  await database.schema.createTable('processed_events', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_bin');
    table.string('consumer', 64).notNullable();
    table.string('event_id', 36).notNullable();
    table.datetime('processed_at', { precision: 3 }).notNullable().defaultTo(database.fn.now(3));
    table.primary(['consumer', 'event_id']);
    table.index(['processed_at'], 'processed_events_processed_at_index');
  });
}

/**
 * Notes an event as processed, in the transaction of its effect. False: it was before. A second process that takes the same event waits here
 * for the first one's end.
 */
export async function takeEvent(
  transaction: Knex.Transaction,
  consumer: string,
  id: string,
): Promise<boolean> {
  try {
    await transaction('processed_events').insert({ consumer, event_id: id });
    return true;
  } catch (error) {
    if (error instanceof Error && 'errno' in error && error.errno === 1062) return false;
    throw error;
  }
}
