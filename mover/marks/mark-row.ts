import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import type { StoreMark } from './store-mark.ts';

/** The row `mover_marks(database_name, feature, entry, hash, stage, marked_at)` of one side of a feature, on that side's own server. */
export class MarkRow {
  readonly #table: string;
  readonly #values: string;
  readonly #here: string;

  constructor(spec: MoveSpec, side: MoveSide) {
    this.#table = quoteTable(spec.bookkeepingSchema, 'mover_marks');
    const [database, feature] = [quoteText(spec[side].database), quoteText(featureOf(spec))];
    this.#values = `${database}, ${feature}`;
    this.#here = `database_name = ${database} AND feature = ${feature}`;
  }

  async ensure(session: Session): Promise<void> {
    const text = (type: string) => `${type} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`;
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (
         database_name ${text('VARCHAR(64)')}, feature ${text('VARCHAR(190)')},
         entry BIGINT UNSIGNED NOT NULL, hash ${text('VARCHAR(64)')}, stage ${text('VARCHAR(16)')},
         marked_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
         PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
    );
  }

  /** Null: this server was never told. */
  async read(session: Session): Promise<StoreMark | null> {
    const [row] = await session
      .texts(`SELECT entry, hash, stage FROM ${this.#table} WHERE ${this.#here}`)
      .catch((error: unknown) => {
        // Of a move that an earlier version began, or of none.
        if (isTableMissing(error)) return [];
        throw error;
      });
    const [entry, hash, stage] = row ?? [];
    return typeof entry === 'string' ? { entry: Number(entry), hash: hash ?? '', stage: stage ?? '' } : null;
  }

  /** Only a later one replaces what is there, unless `instead`: what a process says that was stopped for long is out of date. */
  async write(session: Session, { entry, hash, stage }: StoreMark, instead = false): Promise<void> {
    const later = (column: string) =>
      instead ? `VALUES(${column})` : `IF(VALUES(entry) >= entry, VALUES(${column}), ${column})`;
    await session.run(
      `INSERT INTO ${this.#table} (database_name, feature, entry, hash, stage)
       VALUES (${this.#values}, ${entry}, ${quoteText(hash)}, ${quoteText(stage)})
       ON DUPLICATE KEY UPDATE hash = ${later('hash')}, stage = ${later('stage')}, entry = ${later('entry')}`,
    );
  }
}
