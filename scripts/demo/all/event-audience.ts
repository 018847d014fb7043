import { setTimeout as wait } from 'node:timers/promises';
import createKnex, { type Knex } from 'knex';
import pino from 'pino';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { createProcessedEvents, EventConsumer, OutboxRows } from '../../../extracted/events/index.ts';
import { productEvents } from '../../../extracted/product/product-events.ts';
import { createDatabase } from '../../stack/create-database.ts';

export interface EventVerdict {
  /** That the service promised. */
  readonly promised: number;
  /** That had their effect. */
  readonly taken: number;
  /** What is wrong, a line each: an effect missing, there twice, or not in the order of its key. */
  readonly findings: readonly string[];
}

/**
 * Somebody who listens to the product service's events: each has one effect, a row of its own, and each key's effects are numbered as they come. So
 * one that is lost, that happens twice or that overtakes another can be seen.
 */
export class EventAudience {
  readonly #database: Knex;
  readonly #product: Knex;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(database: Knex, product: Knex) {
    this.#database = database;
    this.#product = product;
  }

  /** @param server where its database `audience` is made */
  static async open(
    server: DatabaseEndpoint,
    product: DatabaseEndpoint,
    broker: string,
  ): Promise<EventAudience> {
    const endpoint = { ...server, database: 'audience' };
    await createDatabase(endpoint);
    const audience = new EventAudience(connect(endpoint), connect(product));
    const database = audience.#database;
    await createProcessedEvents(database);
    await database.schema.createTable('effects', (table) => {
      table.bigIncrements('id');
      // No unique key: a second effect is to be seen, not to be refused.
      table.string('event_id', 36).notNullable().index();
      table.string('event_key', 64).notNullable();
    });
    const consumer = new EventConsumer({
      ...{ database, broker, stream: productEvents, name: 'audience' },
      handle: async ({ id, key }, transaction) => {
        await transaction('effects').insert({ event_id: id, event_key: key });
      },
      log: pino({ level: 'silent' }),
    });
    audience.#running = consumer.run(audience.#stop.signal);
    return audience;
  }

  /** How many events have had their effect. */
  taken(): Promise<number> {
    return this.#count(this.#database('processed_events'));
  }

  /** Waits until everything that was promised has been sent and taken; for a minute at most. */
  async untilCaughtUp(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const [pending, promised, taken] = await Promise.all([
        new OutboxRows(this.#product, productEvents).standing().then((standing) => standing.pending),
        this.#count(this.#product('outbox')),
        this.taken(),
      ]);
      if ((pending === 0 && taken >= promised) || performance.now() > deadline) return;
      await wait(100, undefined, { signal });
    }
  }

  /** Holds the effects against what the service promised. */
  async judge(): Promise<EventVerdict> {
    const promised: Fact[] = await this.#product('outbox').orderBy('id').select('event_id', 'event_key');
    const taken: Fact[] = await this.#database('effects').orderBy('id').select('event_id', 'event_key');
    return { promised: promised.length, taken: taken.length, findings: judgeEffects(promised, taken) };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all([this.#database.destroy(), this.#product.destroy()]);
  }

  async #count(rows: Knex.QueryBuilder): Promise<number> {
    const [row] = await rows.count({ n: '*' });
    return Number(row?.n);
  }
}

interface Fact {
  readonly event_id: string;
  readonly event_key: string;
}

/** Pure. Both in the order in which they happened. */
export function judgeEffects(promised: readonly Fact[], taken: readonly Fact[]): readonly string[] {
  const findings: string[] = [];
  const places = new Map<string, number>(promised.map(({ event_id }, place) => [event_id, place]));
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const { event_id, event_key } of taken) {
    const place = places.get(event_id);
    if (place === undefined) findings.push(`event ${event_id} of ${event_key} was never promised`);
    else if (seen.has(event_id)) findings.push(`event ${event_id} of ${event_key} had its effect twice`);
    else if (place < (last.get(event_key) ?? -1))
      findings.push(`event ${event_id} of ${event_key} was overtaken by a later one`);
    else last.set(event_key, place);
    seen.add(event_id);
  }
  for (const { event_id, event_key } of promised) {
    if (!seen.has(event_id)) findings.push(`event ${event_id} of ${event_key} had no effect`);
  }
  return findings;
}

function connect(endpoint: DatabaseEndpoint): Knex {
  return createKnex({
    client: 'mysql2',
    connection: { ...endpoint, charset: 'utf8mb4', timezone: 'Z' },
    pool: { min: 0, max: 4 },
    // Whoever asks is told what failed; the story's screen has no line for each attempt while a database is killed.
    log: { warn: () => undefined },
  });
}
