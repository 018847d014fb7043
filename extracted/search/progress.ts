import type { Change } from './document.ts';
import type { FeedMessage, Order, Watermark } from './feed/feed.ts';
import type { Position } from './search-index.ts';

/** What an index has of the feed, kept with its position. */
export interface Told {
  /** For each table: what was committed until then is in the index, milliseconds since 1970. */
  readonly fresh: Readonly<Record<string, number>>;
  /** For each feature: all messages up to there have come. */
  readonly floors: Readonly<Record<string, Order>>;
  /** A snapshot has ended: rows may be in the index that are gone, and no message tells. Only another index is known not to have them. */
  readonly outdated: boolean;
}

const nothing: Told = { fresh: {}, floors: {}, outdated: false };

export interface ProgressOptions {
  /** Tables of which an answer tells. */
  readonly tables: readonly string[];
  /** Ends of snapshots up to here in the stream were before the index's rows were read. */
  readonly snapshotsAfter: number;
}

/**
 * Follows messages of the feed for one index: which of them may be applied, and how fresh the index is then.
 *
 * **No row goes back.** Messages of one key are in the stream in their order, by epoch and number; a sender that cannot know whether
 * the broker has one sends it again, and after the loss of a broker's disk it sends what was sent for a week. So a message is passed over where the index has
 * had a later one of the same row, or the same, since the last watermark, or where a watermark has counted it.
 *
 * **Freshness comes from watermarks alone** (docs/feed.md). A broker that has nothing more to give out proves nothing: its sender may stand
 * still. A message that tells of an older state than the index was known to have lowers the freshness to the time when its row was read, until a
 * watermark comes whose place in the stream is behind it.
 */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #fresh: Map<string, number>;
  readonly #floors: Map<string, Order>;
  /** Of rows that were told since their feature's last watermark. */
  readonly #rows = new Map<string, Order>();
  /** Of tables whose freshness a message has lowered: its place in the stream. */
  readonly #loweredAt = new Map<string, number>();
  #outdated: boolean;

  constructor({ told = nothing }: Pick<Position, 'told'>, options: ProgressOptions) {
    this.#options = options;
    this.#fresh = new Map(Object.entries(told.fresh));
    this.#floors = new Map(Object.entries(told.floors));
    this.#outdated = told.outdated;
  }

  /** Null: nothing to apply. `streamSeq`: where the message is in the stream. */
  take(message: FeedMessage, streamSeq: number): Change | null {
    if (message.kind === 'watermark') {
      this.#watermark(message, streamSeq);
      return null;
    }
    const { order } = message;
    if (message.kind === 'snapshot-end') {
      if (streamSeq > this.#options.snapshotsAfter && this.#isNew(order, '')) this.#outdated = true;
      return null;
    }
    const { change, table, readAt } = message;
    const row = order === null ? '' : `${order.feature} ${change.kind} ${change.id}`;
    if (!this.#isNew(order, row)) return null;
    if (order !== null) this.#rows.set(row, order);
    const fresh = this.#fresh.get(table);
    if (fresh !== undefined && readAt < fresh) {
      this.#fresh.set(table, readAt);
      this.#loweredAt.set(table, streamSeq);
    }
    return change;
  }

  get outdated(): boolean {
    return this.#outdated;
  }

  /** Of an index whose rows are read from now on. Whichever side they are read from, it has what the floors have counted. */
  forRowsSince(begun: number): Told {
    const { fresh, floors } = this.told;
    // A side that does not own the rows is known to be as fresh as the last watermark says, and no fresher.
    const known = Object.keys(floors).length > 0 ? fresh : {};
    const tables = this.#options.tables.map((table) => [table, known[table] ?? begun]);
    return { fresh: { ...known, ...Object.fromEntries(tables) }, floors, outdated: false };
  }

  get told(): Told {
    return {
      fresh: Object.fromEntries(this.#fresh),
      floors: Object.fromEntries(this.#floors),
      outdated: this.#outdated,
    };
  }

  /** Null: of one of the tables nothing is known. */
  get freshUntil(): number | null {
    const times = this.#options.tables.map((table) => this.#fresh.get(table) ?? null);
    return times.includes(null) ? null : Math.min(...(times as number[]));
  }

  #watermark({ tables, until, order }: Watermark, streamSeq: number): void {
    // What is gone from the rows may be in the index: until another one answers it becomes no fresher.
    if (!this.#outdated) {
      for (const table of tables) {
        if ((this.#loweredAt.get(table) ?? 0) > streamSeq) continue;
        this.#fresh.set(table, Math.max(until, this.#fresh.get(table) ?? until));
        this.#loweredAt.delete(table);
      }
    }
    if (order === null || !isLater(order, this.#floors.get(order.feature))) return;
    this.#floors.set(order.feature, order);
    for (const [row, known] of this.#rows) {
      if (known.feature === order.feature && !isLater(known, order)) this.#rows.delete(row);
    }
  }

  #isNew(order: Order | null, row: string): boolean {
    if (order === null) return true;
    return isLater(order, this.#floors.get(order.feature)) && isLater(order, this.#rows.get(row));
  }
}

function isLater(one: Order, other: Order | undefined): boolean {
  if (other === undefined) return true;
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.seq > other.seq);
}
