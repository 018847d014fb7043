import { setTimeout as wait } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BanyanError } from '../errors.ts';
import { within } from '../within.ts';
import { connectToBroker } from './connect-to-broker.ts';
import { loadNats, type NatsClient } from './nats-client.ts';
import type { PublishedMessage, RelayMessage, RelayRows, StreamPlace } from './relay-rows.ts';

/** pino's. */
export interface RelayLog {
  info(message: string): void;
  warn(facts: object, message: string): void;
}

export interface StreamRelayOptions {
  readonly rows: RelayRows;
  /** `nats://127.0.0.1:4222` */
  readonly broker: string;
  /** Made where it is missing; other relays may send to it as well. */
  readonly stream: { readonly name: string; readonly subjects: readonly string[] };
  /** What is sent, for the log: `events`. */
  readonly what: string;
  readonly log: RelayLog;
  /** Milliseconds between two looks where nothing waits. Default 100. */
  readonly pollMs?: number;
  /** Milliseconds that published rows are kept, for a broker that loses its disk, and messages in a stream that is made. Default seven days. */
  readonly keepMs?: number;
  readonly clock?: () => Date;
  /** Awaited when messages are acknowledged and not yet marked so: for tests of what happens then. */
  readonly beforeMark?: () => Promise<void>;
  /** What it throws ends the relay; all else is tried again. */
  readonly isFinal?: (error: unknown) => boolean;
}

const day = 86_400_000;
const batch = 200;
const retryMs = 500;
const closeMs = 2_000;
const cleanEveryMs = 60_000;
const watermarkEveryMs = 500;

/**
 * Sends rows to JetStream, at least once and in the order of each key. A message is sent again until it is acknowledged and its row is marked;
 * its id is the message's (`Nats-Msg-Id`), by which the broker drops what it had within two minutes, and consumers the rest.
 *
 * **Order.** A message of a key goes out when the one before it is acknowledged, whoever sends: so the first copies of a key's messages are in
 * the stream in their order, also when two relays run, or one was killed between the acknowledgement and the mark.
 *
 * **A broker without its disk.** Each connection begins with a look at the stream. Where it is missing, all rows that are kept wait again
 * *before* it is made; the same where another message stands in the place of our last one, because another relay has made the stream anew.
 * Where it ends before what was acknowledged, rows beyond wait again. Nothing is sent before that is settled.
 *
 * **Watermarks** are sent when all rows that belong before them are acknowledged and marked, and by a relay that is alone. They go beside the
 * stream and say up to where in it that is. In the stream they would stay, or have to be rolled up: there NATS servers before 2.10 leave out, for a
 * consumer of more subjects, all messages between its place and the last watermark (2.9.10: 497 of 500 were lost).
 */
export class StreamRelay {
  readonly #options: StreamRelayOptions;
  readonly #rows: RelayRows;
  readonly #clock: () => Date;
  #cleanedAt = 0;
  #watermarkAt = 0;
  /** Where the last acknowledged message is, or one that came later. */
  #place: StreamPlace | null = null;

  constructor(options: StreamRelayOptions) {
    this.#options = options;
    this.#rows = options.rows;
    this.#clock = options.clock ?? (() => new Date());
  }

  /** Until the signal. Whatever fails is logged and tried again. @throws BanyanError BANYAN_NATS_MISSING, and what is final */
  async run(signal: AbortSignal): Promise<void> {
    const { log, broker, stream, what, isFinal = () => false } = this.#options;
    const nats = await loadNats();
    let told = '';
    while (!signal.aborted) {
      let connection: NatsConnection | undefined;
      try {
        connection = await connectToBroker(nats.transport, broker, `relay of ${stream.name}`);
        await this.#relay(nats, connection, signal, () => {
          if (told !== '') log.info(`The ${what} go out again.`);
          told = '';
        });
      } catch (error) {
        if (isFinal(error)) throw error;
        const message = (error as Error).message;
        // Once for each cause: a broker may be down for hours.
        if (message !== told && !signal.aborted) {
          log.warn({ err: error, broker }, `The ${what} wait: the broker or a database failed.`);
        }
        told = message;
        await this.#assertNotOver(isFinal);
        await wait(retryMs, undefined, { signal }).catch(() => undefined);
      } finally {
        // One to a broker that does not answer may not end.
        if (connection !== undefined) await within(closeMs, connection.close()).catch(() => undefined);
      }
    }
  }

  /** While no broker answers, the rows are not looked at otherwise. @throws what is final */
  async #assertNotOver(isFinal: (error: unknown) => boolean): Promise<void> {
    try {
      await this.#rows.pending(1);
    } catch (error) {
      if (isFinal(error)) throw error;
    }
  }

  /** On one connection, until it ends. */
  async #relay(nats: NatsClient, connection: NatsConnection, signal: AbortSignal, onGoing: () => void) {
    const client = nats.jetstream.jetstream(connection, { timeout: 5_000 });
    const { pollMs = 100 } = this.#options;
    let settled = false;
    while (!signal.aborted) {
      if (connection.isClosed()) throw new Error('the connection to the broker ended');
      let sent = 0;
      await this.#rows.alone(async () => {
        if (!settled) await this.#settle(nats, connection);
        settled = true;
        sent = await this.#sendBatch(client, connection);
        await this.#sendWatermark(connection);
        await this.#clean();
      });
      if (settled) onGoing();
      if (sent < batch) await wait(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The stream is there, and what is marked as published is in it. */
  async #settle(nats: NatsClient, connection: NatsConnection): Promise<void> {
    const { stream, log, what } = this.#options;
    const { jetstreamManager, RetentionPolicy, StorageType } = nats.jetstream;
    const manager = await jetstreamManager(connection, { timeout: 5_000 });
    const info = await streamInfo(nats, manager, stream.name);
    this.#place = info === null ? null : placeOf(info);
    if (info !== null && (await this.#isOurs(manager, info))) {
      const lost = await this.#rows.unmarkBeyond(info.state.last_seq);
      if (lost > 0) log.warn({ [what]: lost }, 'The broker has lost the end of the stream: sent again.');
      return;
    }
    const again = await this.#rows.unmarkAll();
    if (again > 0)
      log.warn({ [what]: again }, `The broker has lost the stream: all kept ${what} are sent again.`);
    if (info !== null) return;
    const made = await manager.streams.add({
      name: stream.name,
      subjects: [...stream.subjects],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: nats.transport.nanos(this.#options.keepMs ?? 7 * day),
      duplicate_window: nats.transport.nanos(120_000),
    });
    this.#place = placeOf(made);
  }

  /** Our last message stands where it was acknowledged, or has become too old to be there. */
  async #isOurs(manager: JetStreamManager, { config, state }: StreamInfo): Promise<boolean> {
    const last = await this.#rows.last();
    if (last === null || last.streamSeq > state.last_seq || last.streamSeq < state.first_seq) return true;
    const found = await manager.streams.getMessage(config.name, { seq: last.streamSeq });
    return found === null || found.header.get('Nats-Msg-Id') === last.id;
  }

  async #sendBatch(client: JetStreamClient, connection: NatsConnection): Promise<number> {
    const messages = await this.#rows.pending(batch);
    if (messages.length === 0) return 0;
    const published: PublishedMessage[] = [];
    const most = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    const chains = await Promise.allSettled(
      [...Map.groupBy(messages, ({ key }) => key).values()].map((ofKey) =>
        this.#sendInOrder(client, ofKey, most, published),
      ),
    );
    await this.#options.beforeMark?.();
    await this.#rows.mark(published, this.#clock());
    const failed = chains.find((chain) => chain.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return messages.length;
  }

  async #sendInOrder(
    client: JetStreamClient,
    messages: readonly RelayMessage[],
    most: number,
    published: PublishedMessage[],
  ): Promise<void> {
    const expect = { streamName: this.#options.stream.name };
    for (const { row, id: msgID, subject, body } of messages) {
      const bytes = Buffer.byteLength(body);
      if (bytes + headerRoom > most) throw tooLarge(subject, bytes, most);
      const { seq } = await client.publish(subject, body, { msgID, expect });
      published.push({ row, streamSeq: seq });
      if (this.#place !== null && seq > this.#place.seq) this.#place = { ...this.#place, seq };
    }
  }

  /** The same one again and again, too: who begins to listen knows none. */
  async #sendWatermark(connection: NatsConnection): Promise<void> {
    const now = performance.now();
    if (this.#place === null || now - this.#watermarkAt < watermarkEveryMs) return;
    this.#watermarkAt = now;
    const next = (await this.#rows.watermark?.()) ?? null;
    if (next !== null)
      connection.publish(next.subject, JSON.stringify({ ...next.body, stream: this.#place }));
  }

  async #clean(): Promise<void> {
    const now = this.#clock().getTime();
    if (now - this.#cleanedAt < cleanEveryMs) return;
    const before = new Date(now - (this.#options.keepMs ?? 7 * day));
    // A full bite leaves more for the next round.
    if ((await this.#rows.deletePublishedBefore(before, 1_000)) < 1_000) this.#cleanedAt = now;
  }
}

function placeOf({ config, created, state }: StreamInfo): StreamPlace {
  return { name: config.name, created: String(created), seq: state.last_seq };
}

/** The broker counts a message's headers, too. */
const headerRoom = 1_024;

async function streamInfo({ jetstream }: NatsClient, manager: JetStreamManager, name: string) {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    const { JetStreamApiCodes, JetStreamApiError } = jetstream;
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return null;
    throw error;
  }
}

function tooLarge(subject: string, bytes: number, most: number): BanyanError {
  return new BanyanError(
    'BANYAN_MESSAGE_TOO_LARGE',
    `a message to ${subject} has ${bytes} bytes, and the broker takes ${most}: all behind it of that key wait`,
    {
      fix: `Set max_payload of the NATS servers to ${bytes + headerRoom} or more; it is tried again by itself.`,
    },
  );
}
