import { z } from 'zod';
import type { MoveContext } from '../move-context.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import { serverClockMs } from '../sql/server-clock.ts';
import type { Session } from '../sql/session.ts';
import type { VerifiedRange } from '../verify/verified-ranges.ts';
import { keyFromProgress, keySchema, keyToProgress } from './table-progress.ts';

const schema = z.array(
  z.object({
    after: keySchema,
    upTo: keySchema,
    at: z.number().nullable(),
    rows: z.number(),
    different: z.number(),
  }),
);

/**
 * Which ranges of each table were found equal and when, on the target's server: a verify that was cut off goes on from there,
 * and whoever asks how old the knowledge of a table is reads it here.
 *
 *   mover_verified(move_id, table_name, ranges)   of every table
 *   mover_verifies(move_id, since)                while a verify of all rows is under way
 */
export class VerifiedBooks {
  readonly #context: MoveContext;
  readonly #ranges: string;
  readonly #rounds: string;
  readonly #own: string;

  constructor(context: MoveContext) {
    const { bookkeepingSchema, id } = context.spec;
    this.#context = context;
    this.#ranges = quoteTable(bookkeepingSchema, 'mover_verified');
    this.#rounds = quoteTable(bookkeepingSchema, 'mover_verifies');
    this.#own = `move_id = ${quoteText(id)}`;
  }

  async ensureTables(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#ranges} (
         move_id VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         table_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         ranges LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         PRIMARY KEY (move_id, table_name)
       ) ENGINE = InnoDB`,
    );
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#rounds} (
         move_id VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
         since BIGINT NOT NULL
       ) ENGINE = InnoDB`,
    );
  }

  /** Milliseconds since 1970 by the target's clock. */
  async now(session: Session): Promise<number> {
    const [row] = await session.texts(`SELECT ${serverClockMs}`);
    return Number(row?.[0]);
  }

  /** By table; one that is not here was never looked at. */
  async read(session: Session): Promise<ReadonlyMap<string, readonly VerifiedRange[]>> {
    const rows = await session.texts(`SELECT table_name, ranges FROM ${this.#ranges} WHERE ${this.#own}`);
    return new Map(rows.map(([table, text]) => [table ?? '', this.#parse(table ?? '', text ?? '')]));
  }

  /** @throws BanyanError BANYAN_MOVE_SUPERSEDED */
  async write(session: Session, table: string, ranges: readonly VerifiedRange[]): Promise<void> {
    const text = quoteText(
      JSON.stringify(
        ranges.map(({ after, upTo, at, rows, different }) => ({
          after: after === null ? null : keyToProgress(after),
          upTo: upTo === null ? null : keyToProgress(upTo),
          ...{ at, rows, different },
        })),
      ),
    );
    await this.#context.guardedBooks(session, () =>
      session.run(
        `INSERT INTO ${this.#ranges} (move_id, table_name, ranges)
         VALUES (${quoteText(this.#context.spec.id)}, ${quoteText(table)}, ${text})
         ON DUPLICATE KEY UPDATE ranges = ${text}`,
      ),
    );
  }

  /** When the verify of all rows began that has not come to its end; null: there is none. */
  async roundSince(session: Session): Promise<number | null> {
    const [row] = await session.texts(`SELECT since FROM ${this.#rounds} WHERE ${this.#own}`);
    return row?.[0] === undefined ? null : Number(row[0]);
  }

  async beginRound(session: Session, since: number): Promise<void> {
    await this.#context.guardedBooks(session, () =>
      session.run(
        `INSERT INTO ${this.#rounds} (move_id, since) VALUES (${quoteText(this.#context.spec.id)}, ${since})
         ON DUPLICATE KEY UPDATE since = ${since}`,
      ),
    );
  }

  async endRound(session: Session): Promise<void> {
    await this.#context.guardedBooks(session, () =>
      session.run(`DELETE FROM ${this.#rounds} WHERE ${this.#own}`),
    );
  }

  /** What was found says nothing any more: the tables are others, or the rows have changed hands. */
  async forget(session: Session): Promise<void> {
    await this.#context.guardedBooks(session, async () => {
      await session.run(`DELETE FROM ${this.#ranges} WHERE ${this.#own}`);
      await session.run(`DELETE FROM ${this.#rounds} WHERE ${this.#own}`);
    });
  }

  /** What another version has written counts for nothing: then it is looked at again. */
  #parse(table: string, text: string): VerifiedRange[] {
    try {
      return schema.parse(JSON.parse(text)).map((range) => ({
        ...range,
        after: keyFromProgress(range.after),
        upTo: keyFromProgress(range.upTo),
      }));
    } catch (error) {
      this.#context.logger.warn({ table, err: error }, 'what was verified cannot be read, and is forgotten');
      return [];
    }
  }
}
