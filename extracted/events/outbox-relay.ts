import { StreamRelay } from 'banyan/relay';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { EventStream } from './domain-event.ts';
import { OutboxRows } from './outbox-rows.ts';

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

/** Sends what the outbox holds to JetStream, at least once and in the order of each key: see `StreamRelay`. */
export class OutboxRelay {
  readonly #relay: StreamRelay;

  constructor({ database, stream, ...options }: OutboxRelayOptions) {
    this.#relay = new StreamRelay({
      ...options,
      rows: new OutboxRows(database, stream),
      stream: { name: stream.name, subjects: [`${stream.subject}.>`] },
      what: 'events',
    });
  }

  /** Until the signal. Whatever fails is logged and tried again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#relay.run(signal);
  }
}
