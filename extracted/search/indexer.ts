import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Feed } from './feed/feed.ts';
import { type FeedBatch, FeedReader, type FeedStanding } from './feed/feed-reader.ts';
import { Progress } from './progress.ts';
import type { Position, SearchEngine, SearchIndex } from './search-index.ts';
import { readShop } from './shop-api.ts';

export interface IndexerOptions {
  readonly engine: SearchEngine;
  /** `nats://127.0.0.1:4222` */
  readonly broker: string;
  readonly feed: Feed;
  /** Of which answers tell: they are as stale as the stalest of these. */
  readonly tables: readonly string[];
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
  /** Why the last attempt to open the engine, to follow or to rebuild failed; null: it did not. */
  readonly trouble: string | null;
}

/** What may fail, each for a reason of its own. */
type Work = 'engine' | 'feed' | 'rebuild';

const retryMs = 500;
/** Far more than a broker has in hand that is killed. What the index has of them is passed over (`Progress`). */
const reread = 1_000;
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
  #isOpen = false;
  #index: SearchIndex | null = null;
  #pending: number | null = null;
  /** Of the index that answers, or answered last. */
  #progress: Progress;
  #asked = false;
  #building = false;
  #rebuilt = 0;
  #rebuilds = 0;
  readonly #troubles = new Map<Work, string>();
  #wanted = Promise.withResolvers<void>();
  /** Aborted when another index answers. */
  #replaced = new AbortController();
  /** What is applied to the index that answers, or put in its place: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#progress = new Progress({}, { tables: options.tables, snapshotsAfter: 0 });
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

  /** Takes what was kept; without it a rebuild begins with `run`. An engine that is away is asked again by `run`. */
  async open(): Promise<void> {
    try {
      const index = await this.#options.engine.open();
      this.#isOpen = true;
      this.#index = index;
      if (index !== null) this.#progress = this.#progressOf(index);
      if (index === null || this.#progress.outdated) this.rebuild();
      this.#clear('engine');
    } catch (error) {
      this.#note('engine', error, 'What was kept of the index cannot be read; it is tried again.');
    }
  }

  /** Asked for while one is under way another one follows it. */
  rebuild(): void {
    this.#asked = true;
    this.#wanted.resolve();
  }

  /** Until the signal; then what was applied is kept. */
  async run(signal: AbortSignal): Promise<void> {
    while (!this.#isOpen && !signal.aborted) {
      await wait(retryMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.open();
    }
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
        for await (const batch of feed.follow(index.position, until, reread)) {
          await this.#exclusive(async () => {
            if (index !== this.#index) return;
            const before = this.#progress.outdated;
            await apply(batch, index, this.#progress).catch((error: unknown) => {
              // What was not applied was not had.
              this.#progress = this.#progressOf(index);
              throw error;
            });
            if (this.#progress.outdated && !before) {
              this.#options.log.info('The index is built from scratch: a snapshot of the feed has ended.');
              this.rebuild();
            }
          });
          this.#pending = batch.pending;
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

  #progressOf({ position }: SearchIndex): Progress {
    return new Progress(position, { tables: this.#options.tables, snapshotsAfter: 0 });
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
      const standing = feed === null ? null : await feed.standing();
      const told = this.#progress.forRowsSince(begun);
      // The rows that are read from here on lack what was deleted before.
      const snapshotsAfter = standing?.lastSeq ?? 0;
      const progress = new Progress({ told }, { tables: this.#options.tables, snapshotsAfter });
      const next = await engine.create({
        ...{ stream: standing?.stream ?? '', seq: 0, freshUntil: progress.freshUntil, told },
        ...(feed !== null && { seq: await feed.seqBefore(new Date(begun - overlapMs)) }),
      });
      try {
        for await (const changes of readShop(shop, signal)) {
          await next.apply(changes, next.position);
          this.#rebuilt += changes.length;
        }
        await afterRead?.();
        // Without a feed it answers, says how old it is, and is built again as soon as the feed is there.
        if (feed !== null) {
          const read = clock().getTime();
          for await (const batch of feed.follow(next.position, signal)) {
            await apply(batch, next, progress);
            if (batch.caughtUpAt !== null && batch.caughtUpAt >= read) break;
          }
          signal.throwIfAborted();
        }
        await this.#exclusive(async () => {
          await engine.swap(next);
          this.#progress = progress;
          this.#index = next;
        });
        if (progress.outdated) this.rebuild();
      } catch (error) {
        await engine.drop(next).catch(() => undefined);
        throw error;
      }
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
  #note(what: Work, error: unknown, message: string): void {
    const cause = (error as Error).message;
    if (this.#troubles.get(what) !== cause) this.#options.log.warn({ err: error }, message);
    this.#troubles.set(what, cause);
  }

  #clear(what: Work): void {
    this.#troubles.delete(what);
  }
}

async function apply({ messages, seq }: FeedBatch, index: SearchIndex, progress: Progress): Promise<void> {
  const changes = messages.flatMap((message) => progress.take(message, message.streamSeq) ?? []);
  const { freshUntil, told } = progress;
  await index.apply(changes, { stream: index.position.stream, seq, freshUntil, told });
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
