import type { PublishedMessage, RelayMessage, RelayRows, RelayWatermark } from 'banyan/relay';
import type { Knex } from 'knex';
import { type EventStream, subjectOf } from './domain-event.ts';

export interface OutboxStanding {
  /** Events that wait for the broker's acknowledgement. */
  readonly pending: number;
  /** When the oldest of them happened; null: none waits. */
  readonly oldest: string | null;
  /** Acknowledged ones, kept for a while. */
  readonly kept: number;
}

/** The outbox of one service, in its database. */
export class OutboxRows implements RelayRows {
  readonly #database: Knex;
  readonly #stream: EventStream;

  /** What waited at one look, by the number of the last. */
  #looked = { until: 0, upTo: 0 };

  constructor(database: Knex, stream: EventStream) {
    this.#database = database;
    this.#stream = stream;
  }

  /**
   * The oldest that wait. Never "after the last id": ids commit out of order, and one that commits late would be passed over.
   */
  async pending(limit: number): Promise<RelayMessage[]> {
    const rows = await this.#rows()
      .select('id', 'event_id', 'event_key', 'body')
      .whereNull('published_at')
      .orderBy('id')
      .limit(limit);
    return rows.map(({ id, event_id, event_key, body }) => ({
      row: String(id),
      id: event_id,
      subject: subjectOf(this.#stream, event_key),
      key: event_key,
      body,
    }));
  }

  /**
   * All events that were committed before its time are acknowledged: they were there when this was looked at, and none waits. Where events
   * come without a pause, only those count that waited at the look before.
   */
  async watermark(): Promise<RelayWatermark | null> {
    const now = Date.now();
    const [waiting] = await this.#rows().whereNull('published_at').min({ first: 'id' }).max({ last: 'id' });
    const { first = null, last = null } = waiting ?? {};
    const { until, upTo } = this.#looked;
    const isPast = first === null || Number(first) > upTo;
    if (isPast) this.#looked = { until: now, upTo: Number(last ?? 0) };
    const told = first === null ? now : isPast ? until : 0;
    if (told === 0) return null;
    return { subject: `watermarks.${this.#stream.subject}`, body: { told_until: told } };
  }

  async mark(published: readonly PublishedMessage[], at: Date): Promise<void> {
    if (published.length === 0) return;
    const cases = published.map(() => 'WHEN ? THEN ?').join(' ');
    const values = published.flatMap(({ row, streamSeq }) => [row, streamSeq]);
    await this.#rows()
      .whereIn(
        'id',
        published.map(({ row }) => row),
      )
      .update({ published_at: at, stream_seq: this.#database.raw(`CASE id ${cases} END`, values) });
  }

  async last(): Promise<{ readonly id: string; readonly streamSeq: number } | null> {
    const row = await this.#rows().whereNotNull('stream_seq').orderBy('stream_seq', 'desc').first();
    return row === undefined ? null : { id: row.event_id, streamSeq: Number(row.stream_seq) };
  }

  /** Those that the broker acknowledged and no longer has wait again. Returns how many. */
  unmarkBeyond(streamSeq: number): Promise<number> {
    return this.#rows().where('stream_seq', '>', streamSeq).update({ published_at: null, stream_seq: null });
  }

  unmarkAll(): Promise<number> {
    return this.unmarkSince(null);
  }

  /** All acknowledged ones, or those that happened since then, wait again. Returns how many. */
  unmarkSince(since: Date | null): Promise<number> {
    return this.#since(since).update({ published_at: null, stream_seq: null });
  }

  async countSince(since: Date | null): Promise<number> {
    const [row] = await this.#since(since).count({ n: '*' });
    return Number(row?.n);
  }

  /** By key, not by range: a range would lock the place where the next event goes. Returns how many. */
  async deletePublishedBefore(before: Date, limit: number): Promise<number> {
    const old = await this.#rows().select('id').where('published_at', '<', before).limit(limit);
    if (old.length === 0) return 0;
    return this.#rows()
      .whereIn(
        'id',
        old.map(({ id }) => id),
      )
      .whereNotNull('published_at')
      .delete();
  }

  async standing(): Promise<OutboxStanding> {
    const [waiting] = await this.#rows()
      .whereNull('published_at')
      .count({ n: '*' })
      .min({ at: 'created_at' });
    const [kept] = await this.#rows().whereNotNull('published_at').count({ n: '*' });
    const oldest = waiting?.at as Date | null | undefined;
    return { pending: Number(waiting?.n), oldest: oldest?.toISOString() ?? null, kept: Number(kept?.n) };
  }

  /** Runs the work where no other process does it for this database at that moment, and says whether it did. */
  async alone(work: () => Promise<void>): Promise<boolean> {
    // 63 characters; a name may have 64 and is the whole server's.
    const name = `CONCAT('outbox ', SHA2(DATABASE(), 224))`;
    const [[taken]] = await this.#database.raw(`SELECT GET_LOCK(${name}, 0) AS taken`);
    if (taken.taken !== 1) return false;
    try {
      await work();
    } finally {
      await this.#database.raw(`SELECT RELEASE_LOCK(${name})`).catch(() => undefined);
    }
    return true;
  }

  #since(since: Date | null) {
    const rows = this.#rows().whereNotNull('published_at');
    return since === null ? rows : rows.where('created_at', '>=', since);
  }

  #rows() {
    return this.#database('outbox');
  }
}
