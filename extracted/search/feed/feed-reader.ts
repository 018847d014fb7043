import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { connectToBroker } from '../../events/broker.ts';
import type { Change } from '../document.ts';
import type { Feed } from './feed.ts';

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
  /**
   * Nothing that was committed before that is missing, as far as the broker knows, milliseconds since 1970; null: more is to come. Of a
   * message that comes late, it is the time when its row was read: its sender may have more like it.
   */
  readonly caughtUpAt: number | null;
  /** Changes that follow. */
  readonly pending: number;
  /** Of the last message so far that ended a snapshot; 0: there was none. */
  readonly snapshotSeq: number;
}

/**
 * One connection to the broker. Where it breaks, another one goes on from the position that the index has. All messages of the stream come,
 * those that do not concern the index too: a server before 2.10 leaves out by one pattern only.
 */
export class FeedReader {
  readonly #connection: NatsConnection;
  readonly #feed: Feed;

  private constructor(connection: NatsConnection, feed: Feed) {
    this.#connection = connection;
    this.#feed = feed;
  }

  /** @throws when the broker cannot be reached */
  static async connect(broker: string, feed: Feed): Promise<FeedReader> {
    return new FeedReader(await connectToBroker(broker, 'search'), feed);
  }

  /** @throws when there is no such stream */
  async standing(): Promise<FeedStanding> {
    const { streams } = await jetstreamManager(this.#connection, { timeout });
    const { stream } = this.#feed;
    const { created, state } = await streams.info(stream);
    return { stream: `${stream} ${created}`, firstSeq: state.first_seq, lastSeq: state.last_seq };
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
    let snapshotSeq = 0;
    /** Of the last message, when its row was read. */
    let readAt = Number.POSITIVE_INFINITY;
    const take = (message: JsMsg): Change[] => {
      received += 1;
      if (message.info.deliverySequence !== received) throw new Error('the broker left a change out');
      seq = message.seq;
      if (!this.#feed.subjects.test(message.subject)) return [];
      const said = message.json<{ ts_ms?: unknown }>();
      if (typeof said.ts_ms === 'number') readAt = said.ts_ms;
      if (this.#feed.endsSnapshot(said)) snapshotSeq = seq;
      const change = this.#feed.changeOf(said);
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
          const caughtUpAt = pending === 0 ? checkedAt : null;
          yield { changes: [], seq, caughtUpAt, pending, snapshotSeq } as FeedBatch;
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
        const caughtUpAt = pending === 0 ? Math.min(askedAt, readAt) : null;
        yield { changes, seq, caughtUpAt, pending, snapshotSeq } as FeedBatch;
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
    const { name } = await manager.consumers.add(this.#feed.stream, {
      ...start,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      // The broker forgets it so long after its reader went away.
      inactive_threshold: nanos(30_000),
    });
    return jetstream(this.#connection, { timeout }).consumers.get(this.#feed.stream, name);
  }
}
