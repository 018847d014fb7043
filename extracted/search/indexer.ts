import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Feed } from './feed/feed.ts';
import { type FeedBatch, FeedReader, type FeedStanding } from './feed/feed-reader.ts';
import type { Position, SearchEngine, SearchIndex } from './search-index.ts';
import { readShop } from './shop-api.ts';

export interface IndexerOptions {
  readonly engine: SearchEngine;
  /** `nats://127.0.0.1:4222` */
  readonly broker: string;
  readonly feed: Feed;
  /** `http://host:port` of the router. */
  readonly shop: string;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Awaited when a rebuild has read all rows and has not caught up yet: for tests of what happens then. */
  readonly afterRead?: () => Promise<void>;
}

export interface IndexerStanding {
  /** Changes that the feed has and the index has not; null while the feed is not followed. */
  readonly pending: number | null;
  readonly rebuilding: boolean;
  /** Products and shops that the rebuild has read so far. */
  readonly rebuilt: number;
  readonly rebuilds: number;
  /** Why the last attempt to follow or to rebuild failed; null: it did not. */
  readonly trouble: string | null;
}

const retryMs = 500;
const saveEveryMs = 30_000;
/**
 * A rebuild reads rows at the router, and while a share of reads goes to the side that does not own them it may get one that is older than
 * the feed: so it takes the feed from that long before. Changes that its rows have already come again, which changes nothing.
 */
const overlapMs = 60_000;

/**
 * Keeps one index as the feed tells, and makes another one from scratch when it is asked to or must: where there is none, or where the feed no
 * longer has what comes next. Two loops share the index: one follows the feed into the one that answers, the other builds.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  #index: SearchIndex | null = null;
  #pending: number | null = null;
  /** Up to where ends of snapshots need no rebuild any more. */
  #snapshot = { stream: '', seq: 0 };
  #asked = false;
  #building = false;
  #rebuilt = 0;
  #rebuilds = 0;
  readonly #troubles = new Map<'feed' | 'rebuild', string>();
  #wanted = Promise.withResolvers<void>();
  /** Aborted when another index answers. */
  #replaced = new AbortController();
  /** What is applied to the index that answers, or put in its place: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: IndexerOptions) {
    this.#options = options;
  }

  /** The one that answers; null: none is there yet. */
  get index(): SearchIndex | null {
    return this.#index;
  }

  get standing(): IndexerStanding {
    return {
      pending: this.#pending,
      rebuilding: this.#asked || this.#building,
      rebuilt: this.#rebuilt,
      rebuilds: this.#rebuilds,
      trouble: [...this.#troubles.values()][0] ?? null,
    };
  }

  /** Takes what was kept; without it a rebuild begins with `run`. */
  async open(): Promise<void> {
    this.#index = await this.#options.engine.open();
    if (this.#index === null) this.rebuild();
  }

  /** Asked for while one is under way another one follows it. */
  rebuild(): void {
    this.#asked = true;
    this.#wanted.resolve();
  }

  /** Until the signal; then what was applied is kept. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#build(signal), this.#save(signal)]);
    await this.#last;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const index = this.#index;
      const until = AbortSignal.any([signal, this.#replaced.signal]);
      if (index === null) {
        await aborted(until);
        continue;
      }
      let feed: FeedReader | undefined;
      try {
        feed = await FeedReader.connect(this.#options.broker, this.#options.feed);
        const gap = gapBefore(index.position, await feed.standing());
        if (gap !== null) {
          this.#options.log.warn(`The index is built from scratch: ${gap}`);
          this.rebuild();
          await aborted(until);
          continue;
        }
        for await (const batch of feed.follow(index.position, until)) {
          const { changes, seq, caughtUpAt, pending } = batch;
          await this.#exclusive(async () => {
            if (index !== this.#index) return;
            const freshUntil = caughtUpAt ?? index.position.freshUntil;
            await index.apply(changes, { ...index.position, seq, freshUntil });
          });
          this.#pending = pending;
          this.#afterSnapshot(batch, index);
          this.#clear('feed');
        }
      } catch (error) {
        if (until.aborted) continue;
        this.#note('feed', error, 'The index is not kept: the feed or the engine failed.');
        await wait(retryMs, undefined, { signal: until }).catch(() => undefined);
      } finally {
        this.#pending = null;
        await feed?.close().catch(() => undefined);
      }
    }
  }

  /** Rows that were deleted before the feed was on are in the index still. One that is built from now on lacks them. */
  #afterSnapshot({ snapshotSeq: seq }: FeedBatch, { position: { stream } }: SearchIndex): void {
    if (seq === 0 || (stream === this.#snapshot.stream && seq <= this.#snapshot.seq)) return;
    this.#snapshot = { stream, seq };
    this.#options.log.info('The index is built from scratch: a snapshot of the feed has ended.');
    this.rebuild();
  }

  async #build(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([this.#wanted.promise, aborted(signal)]);
      if (signal.aborted) return;
      // From here on it is asked for anew: what is missing may have come too late for this one.
      this.#wanted = Promise.withResolvers();
      this.#asked = false;
      this.#building = true;
      try {
        await this.#rebuild(signal);
        this.#rebuilds += 1;
        this.#clear('rebuild');
      } catch (error) {
        if (signal.aborted) return;
        this.rebuild();
        this.#note('rebuild', error, 'The index could not be built; it is tried again.');
        await wait(retryMs, undefined, { signal }).catch(() => undefined);
      } finally {
        this.#building = false;
      }
    }
  }

  /**
   * Rows first, then the feed from shortly before the first row was read. What the feed says of a row after that is newer than the row or the
   * same, so that the index is right once it has caught up with what the feed had when the last row was read; then it answers.
   */
  async #rebuild(signal: AbortSignal): Promise<void> {
    const { engine, shop, log, clock, afterRead } = this.#options;
    this.#rebuilt = 0;
    const begun = clock().getTime();
    const feed = await this.#feedOrNull();
    try {
      if (feed !== null) {
        // The rows that are read from here on lack what was deleted before.
        const { stream, lastSeq } = await feed.standing();
        this.#snapshot = { stream, seq: lastSeq };
      }
      const next = await engine.create(await startOf(feed, begun));
      try {
        for await (const changes of readShop(shop, signal)) {
          await next.apply(changes, next.position);
          this.#rebuilt += changes.length;
        }
        await afterRead?.();
        if (feed === null) {
          // It answers, says how old it is, and is built again as soon as the feed is there.
          await next.apply([], { ...next.position, freshUntil: begun });
        } else {
          const read = clock().getTime();
          for await (const batch of feed.follow(next.position, signal)) {
            const { changes, seq, caughtUpAt } = batch;
            this.#afterSnapshot(batch, next);
            await next.apply(changes, { ...next.position, seq, freshUntil: caughtUpAt });
            if (caughtUpAt !== null && caughtUpAt >= read) break;
          }
          signal.throwIfAborted();
        }
        await this.#exclusive(() => engine.swap(next));
      } catch (error) {
        await engine.drop(next).catch(() => undefined);
        throw error;
      }
      this.#index = next;
      this.#replaced.abort();
      this.#replaced = new AbortController();
      log.info({ products: next.size, ms: clock().getTime() - begun }, 'Another index answers.');
      await this.#keep();
    } finally {
      await feed?.close().catch(() => undefined);
    }
  }

  /** A broker that is down does not keep an index from being built. */
  async #feedOrNull(): Promise<FeedReader | null> {
    let feed: FeedReader | undefined;
    try {
      feed = await FeedReader.connect(this.#options.broker, this.#options.feed);
      await feed.standing();
      return feed;
    } catch (error) {
      this.#note('feed', error, 'The index is built without the feed.');
      await feed?.close().catch(() => undefined);
      return null;
    }
  }

  async #save(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await wait(saveEveryMs, undefined, { signal }).catch(() => undefined);
      await this.#keep();
    }
  }

  /** A disk that is full keeps nobody from searching: what is not kept, the feed or a rebuild brings again. */
  async #keep(): Promise<void> {
    const { engine, log } = this.#options;
    await engine
      .save()
      .catch((error: unknown) =>
        log.error({ err: error }, 'The index could not be kept; it is tried again.'),
      );
  }

  #exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Once for each cause: a broker may be down for hours. */
  #note(what: 'feed' | 'rebuild', error: unknown, message: string): void {
    const cause = (error as Error).message;
    if (this.#troubles.get(what) !== cause) this.#options.log.warn({ err: error }, message);
    this.#troubles.set(what, cause);
  }

  #clear(what: 'feed' | 'rebuild'): void {
    this.#troubles.delete(what);
  }
}

/** Where the feed is taken from. Without one: nowhere, which fits no stream. */
async function startOf(feed: FeedReader | null, begun: number): Promise<Position> {
  if (feed === null) return { stream: '', seq: 0, freshUntil: null };
  const { stream } = await feed.standing();
  return { stream, seq: await feed.seqBefore(new Date(begun - overlapMs)), freshUntil: null };
}

/** Why an index cannot go on from its position; null: it can. Pure. */
export function gapBefore({ stream, seq }: Position, standing: FeedStanding): string | null {
  if (stream !== standing.stream) return 'the feed’s stream is another one.';
  if (seq > standing.lastSeq) return 'the feed’s stream has lost its end.';
  if (seq + 1 < standing.firstSeq) return 'the feed no longer has what comes next.';
  return null;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
