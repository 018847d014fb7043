import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { DomainEvent } from './domain-event.ts';

/**
 * Promises an event in the transaction of what it tells: both are there, or neither. Write the row first, so that it is locked: events of
 * one key are sent in the order of their ids.
 */
export async function appendEvent<Row>(
  transaction: Knex.Transaction,
  event: Omit<DomainEvent<Row>, 'id' | 'ts_ms'>,
  at: Date,
): Promise<void> {
  const whole: DomainEvent<Row> = { id: randomUUID(), ...event, ts_ms: at.getTime() };
  await transaction('outbox').insert({
    event_id: whole.id,
    event_key: whole.key,
    type: whole.type,
    body: JSON.stringify(whole),
    created_at: at,
  });
}
