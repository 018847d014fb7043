import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { connectToBroker } from '../events/broker.ts';
import type { Change } from './document.ts';
import { changeOf } from './feed-row.ts';

/** banyan's change feed (its docs/feed.md). */
const stream = 'BANYAN_CHANGES';
/** Whatever the features are called that own the tables. The other tables' messages come too: a server before 2.10 leaves out by one pattern only. */
const ofOurs = /^changes\.[^.]+\.(?:products|shops)\./;

const pullMs = 1_000;
const batchSize = 500;
const timeout = 5_000;

export interface FeedStanding {
  /** Another one for a stream that was made anew. */
  readonly stream: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface FeedBatch {
  readonly changes: readonly Change[];
  /** All up to here was given out. */
  readonly seq: number;
  /** When the broker said that it has no more, milliseconds since 1970; null: it has. */
  readonly caughtUpAt: number | null;
  /** Changes that follow. */
  readonly pending: number;
}

/** One connection to the broker. Where it breaks, another one goes on from the position that the index has. */
export class ChangeFeed {
  readonly #connection: NatsConnection;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /** @throws when the broker cannot be reached */
  static async connect(broker: string): Promise<ChangeFeed> {
    return new ChangeFeed(await connectToBroker(broker, 'search'));
  }

  /** @throws when there is no such stream */
  async standing(): Promise<FeedStanding> {
    const { streams } = await jetstreamManager(this.#connection, { timeout });
    const { created, state } = await streams.info(stream);
    return { stream: created, firstSeq: state.first_seq, lastSeq: state.last_seq };
  }

  /** The sequence before the first message since then. */
  async seqBefore(time: Date): Promise<number> {
    const { lastSeq } = await this.standing();
    const consumer = await this.#consumer({
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: time.toISOString(),
    });
    const { num_pending } = await consumer.info();
    if (num_pending === 0) return lastSeq;
    const first = await consumer.next({ expires: timeout });
    if (first === null) throw new Error('the broker did not give out a change that it has');
    return first.seq - 1;
  }

  /**
   * What comes after `from`, in the stream's order, until the signal. No acknowledgements: the index keeps the position, beside what it has.
   *
   * @throws when the connection breaks, a message is lost on its way, or the stream was made anew
   */
  async *follow(from: { readonly stream: string; readonly seq: number }, signal: AbortSignal) {
    const consumer = await this.#consumer({
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from.seq + 1,
    });
    let { seq } = from;
    let received = 0;
    const take = (message: JsMsg): Change[] => {
      received += 1;
      if (message.info.deliverySequence !== received) throw new Error('the broker left a change out');
      seq = message.seq;
      const change = ofOurs.test(message.subject) ? changeOf(message.json()) : null;
      return change === null ? [] : [change];
    };
    // Ends a pull that waits.
    const end = () => void this.#connection.close();
    signal.addEventListener('abort', end, { once: true });
    try {
      while (!signal.aborted) {
        const askedAt = Date.now();
        const first = await consumer.next({ expires: pullMs });
        if (this.#connection.isClosed()) {
          if (signal.aborted) return;
          throw new Error('the connection to the broker ended');
        }
        if (first === null) {
          const checkedAt = Date.now();
          const standing = await this.standing();
          if (standing.stream !== from.stream) throw new Error('the stream was made anew');
          const { delivered, num_pending: pending } = await consumer.info();
          if (delivered.consumer_seq !== received) throw new Error('a change was lost on its way');
          // Also what was deleted from the stream: nothing is missed of it.
          if (pending === 0) seq = Math.max(seq, standing.lastSeq);
          yield { changes: [], seq, caughtUpAt: pending === 0 ? checkedAt : null, pending } as FeedBatch;
          continue;
        }
        const changes = take(first);
        let { pending } = first.info;
        if (pending > 0) {
          const more = Math.min(pending, batchSize - 1);
          for await (const message of await consumer.fetch({ max_messages: more, expires: pullMs })) {
            changes.push(...take(message));
            pending = message.info.pending;
          }
        }
        yield { changes, seq, caughtUpAt: pending === 0 ? askedAt : null, pending } as FeedBatch;
      }
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #consumer(start: { deliver_policy: DeliverPolicy; opt_start_seq?: number; opt_start_time?: string }) {
    const manager = await jetstreamManager(this.#connection, { timeout });
    const { name } = await manager.consumers.add(stream, {
      ...start,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      // The broker forgets it so long after its reader went away.
      inactive_threshold: nanos(30_000),
    });
    return jetstream(this.#connection, { timeout }).consumers.get(stream, name);
  }
}
