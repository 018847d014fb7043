import { BanyanError } from '../../common/errors.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import { serverClockMs } from '../sql/server-clock.ts';
import type { Session } from '../sql/session.ts';
import { isLockConflict } from '../sql/sql-error.ts';
import { inTransaction } from '../sql/transaction.ts';
import { newTableProgress, parseTableProgress, type TableProgress } from './table-progress.ts';

/**
 * The move's rows on the target's server: who may commit (the epoch) and how far each table is copied.
 *
 * Every transaction of the mover on the target reads its epoch with a shared lock before it writes. A claim updates the
 * same row, so it waits for transactions that passed the guard, and every later one sees the new epoch and fails: a
 * mover that was declared dead and is not cannot commit any more, whatever it holds in memory.
 */
export class TargetBooks {
  readonly #schema: string;
  readonly #moveId: string;

  constructor(schema: string, moveId: string) {
    this.#schema = schema;
    this.#moveId = moveId;
  }

  async ensureTables(session: Session): Promise<void> {
    await ensureSchema(session, this.#schema);
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table('mover_epochs')} (
         move_id VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
         epoch BIGINT UNSIGNED NOT NULL,
         claimed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
       ) ENGINE = InnoDB`,
    );
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table('mover_progress')} (
         move_id VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         table_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         progress LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         PRIMARY KEY (move_id, table_name)
       ) ENGINE = InnoDB`,
    );
  }

  /**
   * The next epoch, ours from now on: every commit under an earlier one fails. It is no less than the server's time in
   * milliseconds, so that it is later than any that was claimed before all this was forgotten: when a feature was ended, or the server
   * restored from a backup.
   *
   * @throws BanyanError BANYAN_MOVE_BUSY when an earlier claimant's transaction does not end.
   */
  async claimEpoch(session: Session): Promise<number> {
    try {
      return await this.#nextEpoch(session);
    } catch (error) {
      if (!isLockConflict(error)) throw error;
      throw new BanyanError(
        'BANYAN_MOVE_BUSY',
        `a transaction of an earlier mover of ${this.#moveId} is open on the target and does not end`,
        {
          fix: 'Try again in a moment; if it stays, that process hangs: kill its connection (SHOW PROCESSLIST on the target).',
          cause: error,
        },
      );
    }
  }

  #nextEpoch(session: Session): Promise<number> {
    return inTransaction(session, async () => {
      const epochs = this.#table('mover_epochs');
      await session.run(
        `INSERT INTO ${epochs} (move_id, epoch) VALUES (${quoteText(this.#moveId)}, ${serverClockMs})
         ON DUPLICATE KEY UPDATE epoch = GREATEST(epoch + 1, ${serverClockMs})`,
      );
      const [row] = await session.texts(
        `SELECT epoch FROM ${epochs} WHERE move_id = ${quoteText(this.#moveId)}`,
      );
      return Number(row?.[0]);
    });
  }

  /**
   * Inside a transaction, before it writes.
   * @throws BanyanError BANYAN_MOVE_SUPERSEDED when a later epoch has been claimed.
   */
  async guard(session: Session, epoch: number): Promise<void> {
    const [row] = await session.texts(
      `SELECT epoch FROM ${this.#table('mover_epochs')} WHERE move_id = ${quoteText(this.#moveId)} LOCK IN SHARE MODE`,
    );
    const current = row?.[0] === undefined ? null : Number(row[0]);
    if (current === epoch) return;
    throw new BanyanError(
      'BANYAN_MOVE_SUPERSEDED',
      `move ${this.#moveId} is at epoch ${current ?? 'none'}, this mover holds epoch ${epoch}: its work is refused`,
      {
        fix: 'Nothing to do if another process took the move over; otherwise claim a new epoch and open the move again.',
        details: { moveId: this.#moveId, epoch, current },
      },
    );
  }

  async readProgress(session: Session, table: string): Promise<TableProgress> {
    const [row] = await session.texts(
      `SELECT progress FROM ${this.#table('mover_progress')}
        WHERE move_id = ${quoteText(this.#moveId)} AND table_name = ${quoteText(table)}`,
    );
    return typeof row?.[0] === 'string' ? parseTableProgress(row[0], this.#moveId, table) : newTableProgress;
  }

  /** By table; of those that have begun. */
  async readAllProgress(session: Session): Promise<ReadonlyMap<string, TableProgress>> {
    const rows = await session.texts(
      `SELECT table_name, progress FROM ${this.#table('mover_progress')} WHERE move_id = ${quoteText(this.#moveId)}`,
    );
    return new Map(
      rows.map(([table, progress]) => [table!, parseTableProgress(progress!, this.#moveId, table!)]),
    );
  }

  /** In the transaction of the rows that it speaks of. */
  async writeProgress(session: Session, table: string, progress: TableProgress): Promise<void> {
    const text = quoteText(JSON.stringify(progress));
    await session.run(
      `INSERT INTO ${this.#table('mover_progress')} (move_id, table_name, progress)
       VALUES (${quoteText(this.#moveId)}, ${quoteText(table)}, ${text})
       ON DUPLICATE KEY UPDATE progress = ${text}`,
    );
  }

  async forgetProgress(session: Session, epoch: number): Promise<void> {
    await inTransaction(session, async () => {
      await this.guard(session, epoch);
      await session.run(
        `DELETE FROM ${this.#table('mover_progress')} WHERE move_id = ${quoteText(this.#moveId)}`,
      );
    });
  }

  /** Whether this move has ever landed rows; also answers where the bookkeeping does not exist yet. */
  async hasProgress(session: Session): Promise<boolean> {
    const [books] = await session.texts(
      `SELECT 1 FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME = 'mover_progress'`,
    );
    if (books === undefined) return false;
    const [row] = await session.texts(
      `SELECT 1 FROM ${this.#table('mover_progress')} WHERE move_id = ${quoteText(this.#moveId)} LIMIT 1`,
    );
    return row !== undefined;
  }

  #table(name: string): string {
    return quoteTable(this.#schema, name);
  }
}
