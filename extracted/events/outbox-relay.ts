import { setTimeout as wait } from 'node:timers/promises';
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { connectToBroker } from './broker.ts';
import { type EventStream, subjectOf } from './domain-event.ts';
import { type OutboxRow, OutboxRows, type PublishedRow } from './outbox-rows.ts';

export interface OutboxRelayOptions {
  /** Of one connection: the lock that keeps a second relay out belongs to it. */
  readonly database: Knex;
  /** `nats://127.0.0.1:4222` */
  readonly broker: string;
  readonly stream: EventStream;
  readonly log: Logger;
  /** Milliseconds between two looks at an empty outbox. Default 100. */
  readonly pollMs?: number;
  /** Milliseconds that acknowledged events are kept, for a broker that loses its disk. Default seven days. */
  readonly keepMs?: number;
  readonly clock?: () => Date;
  /** Awaited when events are acknowledged and not yet marked so: for tests of what happens then. */
  readonly beforeMark?: () => Promise<void>;
}

const day = 86_400_000;
const batch = 200;
const retryMs = 500;
const cleanEveryMs = 60_000;

/**
 * Sends what the outbox holds to JetStream, at least once and in the order of each key. An event is sent again until it is acknowledged and
 * marked; its id is the message's (`Nats-Msg-Id`), by which the broker drops what it had within two minutes, and consumers the rest.
 *
 * **Order.** An event of a key goes out when the one before it is acknowledged, whoever sends: so the first copies of a key's events are in
 * the stream in their order, also when two relays run, or one was killed between the acknowledgement and the mark.
 *
 * **A broker without its disk.** Each connection begins with a look at the stream. Where it is missing, all events that are kept wait again
 * *before* it is made; where it ends before what was acknowledged, those beyond wait again. Nothing is sent before that is settled.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #rows: OutboxRows;
  readonly #clock: () => Date;
  #cleanedAt = 0;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#rows = new OutboxRows(options.database);
    this.#clock = options.clock ?? (() => new Date());
  }

  /** Until the signal. Whatever fails is logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, broker, stream } = this.#options;
    let told = '';
    while (!signal.aborted) {
      let connection: NatsConnection | undefined;
      try {
        connection = await connectToBroker(broker, `relay of ${stream.name}`);
        await this.#relay(connection, signal, () => {
          if (told !== '') log.info('The events go out again.');
          told = '';
        });
      } catch (error) {
        const message = (error as Error).message;
        // Once for each cause: a broker may be down for hours.
        if (message !== told && !signal.aborted) {
          log.warn(
            { err: error, broker },
            'The events wait in the outbox: the broker or the database failed.',
          );
        }
        told = message;
        await wait(retryMs, undefined, { signal }).catch(() => undefined);
      } finally {
        await connection?.close().catch(() => undefined);
      }
    }
  }

  /** On one connection, until it ends. */
  async #relay(connection: NatsConnection, signal: AbortSignal, onGoing: () => void): Promise<void> {
    const client = jetstream(connection, { timeout: 5_000 });
    const { pollMs = 100 } = this.#options;
    let settled = false;
    while (!signal.aborted) {
      if (connection.isClosed()) throw new Error('the connection to the broker ended');
      let sent = 0;
      await this.#rows.alone(async () => {
        if (!settled) await this.#settle(connection);
        settled = true;
        sent = await this.#sendBatch(client);
        await this.#clean();
      });
      if (settled) onGoing();
      if (sent < batch) await wait(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The stream is there, and what is marked as published is in it. */
  async #settle(connection: NatsConnection): Promise<void> {
    const { stream, log } = this.#options;
    const { streams } = await jetstreamManager(connection, { timeout: 5_000 });
    try {
      const { state } = await streams.info(stream.name);
      const lost = await this.#rows.unmarkBeyond(state.last_seq);
      if (lost > 0) log.warn({ events: lost }, 'The broker has lost the end of the stream: sent again.');
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound)
        throw error;
      const again = await this.#rows.unmarkSince(null);
      if (again > 0)
        log.warn({ events: again }, 'The broker has lost the stream: all kept events are sent again.');
      await streams.add({
        name: stream.name,
        subjects: [`${stream.subject}.>`],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        max_age: nanos(this.#options.keepMs ?? 7 * day),
        duplicate_window: nanos(120_000),
      });
    }
  }

  async #sendBatch(client: JetStreamClient): Promise<number> {
    const rows = await this.#rows.pending(batch);
    if (rows.length === 0) return 0;
    const published: PublishedRow[] = [];
    const chains = await Promise.allSettled(
      [...byKey(rows).values()].map((ofKey) => this.#sendInOrder(client, ofKey, published)),
    );
    await this.#options.beforeMark?.();
    await this.#rows.mark(published, this.#clock());
    const failed = chains.find((chain) => chain.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return rows.length;
  }

  async #sendInOrder(client: JetStreamClient, rows: readonly OutboxRow[], published: PublishedRow[]) {
    const { stream } = this.#options;
    for (const { id, event_id: msgID, event_key: key, body } of rows) {
      const expect = { streamName: stream.name };
      const { seq } = await client.publish(subjectOf(stream, key), body, { msgID, expect });
      published.push({ id, streamSeq: seq });
    }
  }

  async #clean(): Promise<void> {
    const now = this.#clock().getTime();
    if (now - this.#cleanedAt < cleanEveryMs) return;
    const before = new Date(now - (this.#options.keepMs ?? 7 * day));
    // A full bite leaves more for the next round.
    if ((await this.#rows.deletePublishedBefore(before, 1_000)) < 1_000) this.#cleanedAt = now;
  }
}

function byKey(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const keys = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const ofKey = keys.get(row.event_key);
    if (ofKey === undefined) keys.set(row.event_key, [row]);
    else ofKey.push(row);
  }
  return keys;
}
