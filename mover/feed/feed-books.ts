import { BanyanError } from '../../common/errors.ts';
import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import { featureColumns, featureKey } from '../sql/feature-key.ts';
import { derivedName, quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** One side's table of a feature's entries, in banyan's schema on that side's server: what was carried over to that side. */
export function feedTableName(database: string, feature: string): string {
  return derivedName('mover_feed', database, feature);
}

/**
 * One side's part of a feature's feed, on that side's own server.
 *
 *   mover_feed_…(seq, epoch, table_name, key_token, key_json, op, snapshot, after_json, read_at, sent_at, stream_seq)
 *   mover_feeds(database_name, feature, epoch, ended)   under which epoch entries are appended; ended: no more
 *
 * **Order over epochs.** Who begins to append takes an epoch that is greater than all which either side has had, ends the other
 * side's first, and then enters his own. Every transaction that appends reads its side's row with a shared lock and fails where the epoch is
 * another one or ended: so when an entry of an epoch is there, all entries of smaller ones have been committed, on both servers, and none is to
 * come. A relay relies on that.
 */
export class FeedBooks {
  readonly entries: string;
  readonly #schema: string;
  readonly #feeds: string;
  readonly #values: string;
  readonly #here: string;

  constructor(schema: string, database: string, feature: string) {
    this.#schema = schema;
    this.entries = quoteTable(schema, feedTableName(database, feature));
    this.#feeds = quoteTable(schema, 'mover_feeds');
    ({ values: this.#values, here: this.#here } = featureKey(database, feature));
  }

  static of(spec: MoveSpec, side: 'source' | 'target'): FeedBooks {
    return new FeedBooks(spec.bookkeepingSchema, spec[side].database, featureOf(spec));
  }

  async ensureTables(session: Session): Promise<void> {
    await ensureSchema(session, this.#schema);
    const text = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#feeds} (
         ${featureColumns},
         epoch BIGINT UNSIGNED NOT NULL, ended BIGINT UNSIGNED NULL,
         PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
    );
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.entries} (
         seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
         epoch BIGINT UNSIGNED NOT NULL,
         table_name VARCHAR(64) ${text} NOT NULL,
         key_token VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
         key_json LONGTEXT ${text} NOT NULL,
         op CHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
         snapshot VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
         after_json LONGTEXT ${text} NULL,
         read_at BIGINT NOT NULL,
         sent_at BIGINT NULL,
         stream_seq BIGINT UNSIGNED NULL,
         KEY waiting (sent_at, epoch, seq), KEY published (stream_seq)
       ) ENGINE = InnoDB`,
    );
  }

  /** The last epoch that this side has had; null: none, or there are no tables. */
  async epoch(session: Session): Promise<number | null> {
    try {
      const [row] = await session.texts(`SELECT epoch FROM ${this.#feeds} WHERE ${this.#here}`);
      return row?.[0] === undefined ? null : Number(row[0]);
    } catch (error) {
      if (isTableMissing(error)) return null;
      throw error;
    }
  }

  /** Waits for transactions that append here, and refuses all that come. */
  async end(session: Session, by: number): Promise<void> {
    await session.run(
      `UPDATE ${this.#feeds} SET ended = ${by} WHERE ${this.#here} AND epoch < ${by} AND ended IS NULL`,
    );
  }

  /** In a transaction of the mover whose epoch holds. */
  async begin(session: Session, epoch: number): Promise<void> {
    await session.run(
      `INSERT INTO ${this.#feeds} (database_name, feature, epoch) VALUES (${this.#values}, ${epoch})
       ON DUPLICATE KEY UPDATE epoch = ${epoch}, ended = NULL`,
    );
  }

  /**
   * In a transaction that appends, before it does.
   * @throws FeedEpochOver
   */
  async guard(session: Session, epoch: number): Promise<void> {
    const [row] = await session.texts(
      `SELECT 1 FROM ${this.#feeds} WHERE ${this.#here} AND epoch = ${epoch} AND ended IS NULL LOCK IN SHARE MODE`,
    );
    if (row === undefined) throw new FeedEpochOver(epoch);
  }
}

/** Somebody has begun another epoch: whoever still has the right to append takes the next one. */
export class FeedEpochOver extends BanyanError {
  constructor(epoch: number) {
    super(
      'BANYAN_FEED_EPOCH_OVER',
      `epoch ${epoch} of the change feed has ended: nothing was appended to it`,
      {
        fix: 'Nothing: the mover begins another one by itself. Where it stays, look for a second mover (banyan status).',
      },
    );
  }
}
