import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import { featureColumns, featureKey } from '../sql/feature-key.ts';
import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { FeedBooks } from './feed-books.ts';

/** All entries of smaller epochs, and those of `epoch` up to `seq`, tell every change that was committed before `until`. */
export interface FeedWatermark {
  readonly epoch: number;
  readonly seq: number;
  /** Milliseconds since 1970 by the mover's clock. */
  readonly until: number;
}

/**
 * One side's watermark of a feature's feed: one row, written anew about once a second, on that side's own server.
 *
 *   mover_feed_watermarks(database_name, feature, epoch, seq, told_until)
 *
 * The row says one thing more: while there is one on either side, no change was carried over without an entry. A mover with the feed off
 * deletes both before it carries anything over.
 */
export class WatermarkBooks {
  readonly #schema: string;
  readonly #table: string;
  readonly #entries: string;
  readonly #values: string;
  readonly #here: string;

  constructor(schema: string, database: string, feature: string) {
    this.#schema = schema;
    this.#table = quoteTable(schema, 'mover_feed_watermarks');
    this.#entries = new FeedBooks(schema, database, feature).entries;
    ({ values: this.#values, here: this.#here } = featureKey(database, feature));
  }

  static of(spec: MoveSpec, side: 'source' | 'target'): WatermarkBooks {
    return new WatermarkBooks(spec.bookkeepingSchema, spec[side].database, featureOf(spec));
  }

  async ensureTable(session: Session): Promise<void> {
    await ensureSchema(session, this.#schema);
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         ${featureColumns},
         epoch BIGINT UNSIGNED NOT NULL, seq BIGINT UNSIGNED NOT NULL, told_until BIGINT NOT NULL,
         PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
    );
  }

  /** Null: there is none. `until` 0: no change was carried over without an entry, and nothing else is known. */
  async read(session: Session): Promise<FeedWatermark | null> {
    try {
      const [row] = await session.texts(
        `SELECT epoch, seq, told_until FROM ${this.#table} WHERE ${this.#here}`,
      );
      if (row === undefined) return null;
      const [epoch, seq, until] = row.map(Number) as [number, number, number];
      return { epoch, seq, until };
    } catch (error) {
      if (isTableMissing(error)) return null;
      throw error;
    }
  }

  /** The number of the last entry that is committed. Some of smaller numbers may not be yet. */
  async lastSeq(session: Session): Promise<number> {
    const [row] = await session.texts(`SELECT COALESCE(MAX(seq), 0) FROM ${this.#entries}`);
    return Number(row?.[0]);
  }

  /** Nothing is known yet of what was told; from here on all is. */
  begin(session: Session): Promise<void> {
    return this.write(session, { epoch: 0, seq: 0, until: 0 });
  }

  async write(session: Session, { epoch, seq, until }: FeedWatermark): Promise<void> {
    await session.run(
      `INSERT INTO ${this.#table} VALUES (${this.#values}, ${epoch}, ${seq}, ${until})
       ON DUPLICATE KEY UPDATE epoch = ${epoch}, seq = ${seq}, told_until = ${until}`,
    );
  }

  async forget(session: Session): Promise<void> {
    try {
      await session.run(`DELETE FROM ${this.#table} WHERE ${this.#here}`);
    } catch (error) {
      if (!isTableMissing(error)) throw error;
    }
  }
}
