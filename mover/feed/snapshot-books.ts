import { randomUUID } from 'node:crypto';
import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import { featureColumns, featureKey } from '../sql/feature-key.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** A snapshot of one of the service's tables that somebody has asked for. */
export interface AskedSnapshot {
  readonly id: string;
  readonly table: string;
  /** The move that has begun it; null: none has. */
  readonly begunBy: string | null;
  /** The last key whose row was appended, as hex; null before the first. */
  readonly after: readonly string[] | null;
  readonly rows: number;
  readonly done: boolean;
}

/**
 * Which snapshots are asked for and how far they are. On legacy's server, in both directions: one that a handover interrupts is begun
 * again by the other direction's mover.
 *
 *   mover_feed_snapshots(database_name, feature, table_name, id, begun_by, after_key, rows_told, done)
 */
export class SnapshotBooks {
  readonly #schema: string;
  readonly #table: string;
  readonly #values: string;
  readonly #here: string;

  /** `database`: legacy's. */
  constructor(schema: string, database: string, feature: string) {
    this.#schema = schema;
    this.#table = quoteTable(schema, 'mover_feed_snapshots');
    ({ values: this.#values, here: this.#here } = featureKey(database, feature));
  }

  /** `legacy`: which side of the spec it is. */
  static of(spec: MoveSpec, legacy: 'source' | 'target'): SnapshotBooks {
    return new SnapshotBooks(spec.bookkeepingSchema, spec[legacy].database, featureOf(spec));
  }

  async ensureTable(session: Session): Promise<void> {
    await ensureSchema(session, this.#schema);
    const text = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         ${featureColumns},
         table_name VARCHAR(64) ${text} NOT NULL, id CHAR(36) ${text} NOT NULL, begun_by VARCHAR(190) ${text} NULL,
         after_key LONGTEXT ${text} NULL, rows_told BIGINT NOT NULL DEFAULT 0, done TINYINT NOT NULL DEFAULT 0,
         PRIMARY KEY (database_name, feature, table_name)
       ) ENGINE = InnoDB`,
    );
  }

  /** Asks for a snapshot of each table, from the beginning. Returns their ids. */
  async ask(session: Session, tables: readonly string[]): Promise<string[]> {
    await this.ensureTable(session);
    const ids: string[] = [];
    for (const table of tables) {
      const id = randomUUID();
      await session.run(
        `INSERT INTO ${this.#table} (database_name, feature, table_name, id) VALUES (${this.#values}, ${quoteText(table)}, '${id}')
         ON DUPLICATE KEY UPDATE id = '${id}', begun_by = NULL, after_key = NULL, rows_told = 0, done = 0`,
      );
      ids.push(id);
    }
    return ids;
  }

  /** All that were asked for, also those that are done. */
  async read(session: Session): Promise<AskedSnapshot[]> {
    try {
      const rows = await session.texts(
        `SELECT id, table_name, begun_by, after_key, rows_told, done FROM ${this.#table} WHERE ${this.#here} ORDER BY table_name`,
      );
      return rows.map(([id, table, begunBy, after, told, done]) => ({
        id: id ?? '',
        table: table ?? '',
        begunBy: begunBy ?? null,
        after: after ? JSON.parse(after) : null,
        rows: Number(told),
        done: done !== '0',
      }));
    } catch (error) {
      if (isTableMissing(error)) return [];
      throw error;
    }
  }

  /** Nothing where it was asked for anew meanwhile. */
  async note(session: Session, { id, begunBy, after, rows, done }: AskedSnapshot): Promise<void> {
    const key = after === null ? 'NULL' : quoteText(JSON.stringify(after));
    await session.run(
      `UPDATE ${this.#table} SET begun_by = ${begunBy === null ? 'NULL' : quoteText(begunBy)}, after_key = ${key},
         rows_told = ${rows}, done = ${done ? 1 : 0} WHERE ${this.#here} AND id = ${quoteText(id)}`,
    );
  }
}
