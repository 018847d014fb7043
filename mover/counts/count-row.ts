import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** What one side's server says of itself and of the other side's. */
export interface Count {
  /** How often it was counted here. */
  readonly own: number;
  /** The highest count of the other side's server that this one was told. */
  readonly seen: number;
  /** When it was counted here for the last time: seconds since 1970 by this server's clock; null: never. */
  readonly at: number | null;
}

export const never: Count = { own: 0, seen: 0, at: null };

/**
 * The row `mover_counts(database_name, feature, own, seen, counted_at)` of one side of a feature, on that side's own server. Both
 * directions of a feature's moves share it.
 */
export class CountRow {
  readonly #table: string;
  readonly #values: string;
  readonly #here: string;

  constructor(spec: MoveSpec, side: MoveSide) {
    this.#table = quoteTable(spec.bookkeepingSchema, 'mover_counts');
    const [database, feature] = [quoteText(spec[side].database), quoteText(featureOf(spec))];
    this.#values = `${database}, ${feature}`;
    this.#here = `database_name = ${database} AND feature = ${feature}`;
  }

  /** A row that is made anew says that nothing was ever counted here. */
  async ensure(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         database_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         feature VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         own BIGINT UNSIGNED NOT NULL,
         seen BIGINT UNSIGNED NOT NULL,
         counted_at TIMESTAMP(3) NULL,
         PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
    );
    await session.run(
      `INSERT IGNORE INTO ${this.#table} (database_name, feature, own, seen) VALUES (${this.#values}, 0, 0)`,
    );
  }

  async read(session: Session): Promise<Count> {
    const [row] = await session
      .texts(`SELECT own, seen, UNIX_TIMESTAMP(counted_at) FROM ${this.#table} WHERE ${this.#here}`)
      .catch(orNoTable([]));
    if (row === undefined) return never;
    const [own, seen, at] = row;
    return { own: Number(own), seen: Number(seen), at: at === null || at === undefined ? null : Number(at) };
  }

  /** The next count; null when the server counted less than `atLeast` so far, or has no row: then nothing was changed. */
  async next(session: Session, atLeast: number, seen: number): Promise<number | null> {
    const update = `UPDATE ${this.#table}
          SET own = LAST_INSERT_ID(own + 1), seen = GREATEST(seen, ${seen}), counted_at = NOW(3)
        WHERE ${this.#here} AND own >= ${atLeast}`;
    const { affectedRows, lastId } = await session
      .run(update)
      .catch(orNoTable({ affectedRows: 0, lastId: 0 }));
    return affectedRows === 0 ? null : lastId;
  }

  /** As if it had never been behind. */
  async raise(session: Session, own: number): Promise<void> {
    await session.run(`UPDATE ${this.#table} SET own = GREATEST(own, ${own}) WHERE ${this.#here}`);
  }
}

/** A backup from before any feature was entered has no such table. */
function orNoTable<Answer>(answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (isTableMissing(error)) return answer;
    throw error;
  };
}
