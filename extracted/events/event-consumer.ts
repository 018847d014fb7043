import { setTimeout as wait } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { connectToBroker } from './broker.ts';
import type { DomainEvent, EventStream } from './domain-event.ts';
import { takeEvent } from './processed-events.ts';

export interface EventConsumerOptions {
  /** The consumer's own, with the table `processed_events`. */
  readonly database: Knex;
  /** `nats://127.0.0.1:4222` */
  readonly broker: string;
  readonly stream: EventStream;
  /** Whose position it is: processes with the same name share the work. */
  readonly name: string;
  /** The effect, in the transaction that notes the event as processed. What it throws undoes both, and the event comes again. */
  readonly handle: (event: DomainEvent, transaction: Knex.Transaction) => Promise<void>;
  readonly log: Logger;
}

const retryMs = 500;
const pullMs = 5_000;
/**
 * After which an event that nobody acknowledged is given out again. An effect may take longer: then two processes have it, and the second
 * one waits for the first one's transaction.
 */
const ackWaitMs = 5_000;

/**
 * Takes the events of a stream one after the other and applies each exactly once: the broker may send one again, the table of processed
 * events knows it. One that fails is tried again until it succeeds, and those after it wait, for their order counts.
 */
export class EventConsumer {
  readonly #options: EventConsumerOptions;

  constructor(options: EventConsumerOptions) {
    this.#options = options;
  }

  /** Until the signal; the event under way is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, broker, name } = this.#options;
    let told = '';
    while (!signal.aborted) {
      let connection: NatsConnection | undefined;
      try {
        connection = await connectToBroker(broker, name);
        await this.#consume(connection, signal, () => {
          told = '';
        });
      } catch (error) {
        const message = (error as Error).message;
        if (message !== told && !signal.aborted) log.warn({ err: error, broker }, 'No events are taken.');
        told = message;
        await wait(retryMs, undefined, { signal }).catch(() => undefined);
      } finally {
        await connection?.close().catch(() => undefined);
      }
    }
  }

  async #consume(connection: NatsConnection, signal: AbortSignal, onGoing: () => void): Promise<void> {
    const { stream, name } = this.#options;
    const manager = await jetstreamManager(connection, { timeout: 5_000 });
    await manager.consumers.add(stream.name, {
      durable_name: name,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      // The next one is given out when this one is done.
      max_ack_pending: 1,
    });
    const consumer = await jetstream(connection, { timeout: 5_000 }).consumers.get(stream.name, name);
    // Ends a pull that waits for the next event.
    const end = () => void connection.close();
    signal.addEventListener('abort', end, { once: true });
    try {
      while (!signal.aborted) {
        const message = await consumer.next({ expires: pullMs });
        onGoing();
        if (message === null) {
          if (connection.isClosed()) throw new Error('the connection to the broker ended');
          continue;
        }
        try {
          await this.#apply(message.json<DomainEvent>());
          message.ack();
        } catch (error) {
          this.#options.log.error(
            { err: error, subject: message.subject, seq: message.seq },
            'An event failed.',
          );
          message.nak(retryMs);
        }
      }
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  #apply(event: DomainEvent): Promise<void> {
    const { database, name, handle } = this.#options;
    return database.transaction(async (transaction) => {
      if (await takeEvent(transaction, name, event.id)) await handle(event, transaction);
    });
  }
}
