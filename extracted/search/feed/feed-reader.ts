import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { connectToBroker } from '../../events/broker.ts';
import type { Feed, FeedMessage, PlacedWatermark } from './feed.ts';
import { streamId } from './stream-place.ts';

const pullMs = 1_000;
const batchSize = 500;
const timeout = 5_000;
/** Of one subject, while their places are not reached. */
const watermarksKept = 20;

export interface FeedStanding {
  /** Another one for a stream that was made anew. */
  readonly stream: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface FeedBatch {
  readonly messages: readonly SequencedMessage[];
  /** All up to here was given out. */
  readonly seq: number;
  /** What the broker had at that time was given out, milliseconds since 1970; null: more is to come. */
  readonly caughtUpAt: number | null;
  /** Messages that follow. */
  readonly pending: number;
}

/** Where in the stream it is. */
export type SequencedMessage = FeedMessage & { readonly streamSeq: number };

/**
 * One connection to the broker. Where it breaks, another one goes on from the position that the index has. All messages of the stream come,
 * those that do not concern the index too: a server before 2.10 leaves out by one pattern only.
 */
export class FeedReader {
  readonly #connection: NatsConnection;
  readonly #feed: Feed;
  /** By their subject; of those that wait until what is before them was given out, the oldest are kept. */
  readonly #watermarks = new Map<string, PlacedWatermark[]>();
  #came = Promise.withResolvers<void>();

  private constructor(connection: NatsConnection, feed: Feed) {
    this.#connection = connection;
    this.#feed = feed;
    connection.subscribe(feed.watermarks, {
      callback: (error, message) => {
        if (error === null) this.#note(message.subject, message.data);
      },
    });
  }

  /** One that is not what it should be tells nothing: the index becomes stale, and says so. */
  #note(subject: string, data: Uint8Array): void {
    let read: PlacedWatermark;
    try {
      read = this.#feed.readWatermark(JSON.parse(Buffer.from(data).toString()));
    } catch {
      return;
    }
    const waiting = this.#watermarks.get(subject) ?? [];
    if (waiting.length < watermarksKept) waiting.push(read);
    this.#watermarks.set(subject, waiting);
    this.#came.resolve();
  }

  /** Those of the stream up to a place in it. */
  #due(stream: string, upTo: number): SequencedMessage[] {
    const due: SequencedMessage[] = [];
    for (const [subject, waiting] of this.#watermarks) {
      const later: PlacedWatermark[] = [];
      for (const { watermark, stream: place } of waiting) {
        if (place.id === stream && place.seq > upTo) later.push({ watermark, stream: place });
        if (place.id === stream && place.seq <= upTo) due.push({ ...watermark, streamSeq: place.seq });
      }
      this.#watermarks.set(subject, later);
    }
    return due;
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
    return { stream: streamId(stream, created), firstSeq: state.first_seq, lastSeq: state.last_seq };
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
   * `reread`: so many messages of before come again. A broker that was killed may have lost its last ones, and given their numbers to others since.
   *
   * @throws when the connection breaks, a message is lost on its way, or the stream was made anew
   */
  async *follow(from: { readonly stream: string; readonly seq: number }, signal: AbortSignal, reread = 0) {
    const begin = Math.max(0, from.seq - reread);
    const consumer = await this.#consumer({
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: begin + 1,
    });
    let { seq } = from;
    /** All from there on were given out up to here. */
    let given = begin;
    let received = 0;
    const take = (message: JsMsg): SequencedMessage[] => {
      received += 1;
      if (message.info.deliverySequence !== received) throw new Error('the broker left a change out');
      given = message.seq;
      seq = Math.max(seq, given);
      if (!this.#feed.subjects.test(message.subject)) return [];
      const said = this.#feed.read(message.json());
      return said === null ? [] : [{ ...said, streamSeq: message.seq }];
    };
    let pending = 0;
    let pulling: Promise<JsMsg | null> | null = null;
    let askedAt = 0;
    // Ends a pull that waits.
    const end = () => void this.#connection.close();
    signal.addEventListener('abort', end, { once: true });
    try {
      while (!signal.aborted) {
        const due = this.#due(from.stream, given);
        if (due.length > 0) {
          yield { messages: due, seq, caughtUpAt: null, pending } as FeedBatch;
          continue;
        }
        this.#came = Promise.withResolvers();
        if (pulling === null) {
          askedAt = Date.now();
          pulling = consumer.next({ expires: pullMs });
        }
        const first = await Promise.race([pulling, this.#came.promise]);
        if (first === undefined) continue;
        pulling = null;
        if (this.#connection.isClosed()) {
          if (signal.aborted) return;
          throw new Error('the connection to the broker ended');
        }
        if (first === null) {
          const checkedAt = Date.now();
          const standing = await this.standing();
          if (standing.stream !== from.stream) throw new Error('the stream was made anew');
          const { delivered, num_pending } = await consumer.info();
          pending = num_pending;
          if (delivered.consumer_seq !== received) throw new Error('a change was lost on its way');
          // Also what was deleted from the stream: nothing is missed of it.
          if (pending === 0) {
            given = Math.max(given, standing.lastSeq);
            seq = Math.max(seq, given);
          }
          const caughtUpAt = pending === 0 ? checkedAt : null;
          yield { messages: [], seq, caughtUpAt, pending } as FeedBatch;
          continue;
        }
        const messages = take(first);
        pending = first.info.pending;
        if (pending > 0) {
          const more = Math.min(pending, batchSize - 1);
          for await (const message of await consumer.fetch({ max_messages: more, expires: pullMs })) {
            messages.push(...take(message));
            pending = message.info.pending;
          }
        }
        yield { messages, seq, caughtUpAt: pending === 0 ? askedAt : null, pending } as FeedBatch;
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
