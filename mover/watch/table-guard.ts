import { BanyanError } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../move-spec.ts';
import { quoteTable } from '../sql/names.ts';
import { Session } from '../sql/session.ts';
import { isLockConflict } from '../sql/sql-error.ts';

/** Tables touched by one statement: each costs the server a little memory while it parses. */
const tablesAtOnce = 50;

/**
 * An open transaction that has read from each of one side's tables: as long as it is open the server lets nobody truncate,
 * alter, rename, drop or exchange one of them, nor make or drop a trigger there. Who tries waits. So what was looked at
 * after `open` is still so while `assertOpen` holds, and need not be looked at again while clients wait.
 */
export class TableGuard {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** @throws BanyanError BANYAN_DDL_UNDER_WAY when somebody is changing one of the tables, or waits to. */
  static async open(endpoint: DatabaseEndpoint, tables: readonly string[]): Promise<TableGuard> {
    const session = await Session.open({ endpoint, lockWaitSeconds: 1 });
    try {
      await session.run('START TRANSACTION');
      for (let from = 0; from < tables.length; from += tablesAtOnce) {
        const selects = tables
          .slice(from, from + tablesAtOnce)
          .map((table) => `SELECT 1 FROM ${quoteTable(endpoint.database, table)} WHERE FALSE`);
        await session.rows(selects.join(' UNION ALL '));
      }
      return new TableGuard(session);
    } catch (error) {
      session.close();
      if (!isLockConflict(error)) throw error;
      throw new BanyanError(
        'BANYAN_DDL_UNDER_WAY',
        `somebody is changing a table of ${endpoint.database} (ALTER, TRUNCATE, a trigger), or waits to`,
        {
          fix: 'Let it end (SHOW PROCESSLIST shows it), bring both sides to the same schema, then try again.',
          cause: error,
          details: { database: endpoint.database },
        },
      );
    }
  }

  /**
   * The transaction lives as long as its connection: nothing else is ever run on it.
   * @throws BanyanError BANYAN_DDL_UNDER_WAY when the connection is gone: the tables may have changed.
   */
  async assertOpen(): Promise<void> {
    const answer = await this.#session.texts('SELECT 1').catch(() => null);
    if (answer !== null) return;
    throw new BanyanError(
      'BANYAN_DDL_UNDER_WAY',
      'the transaction that kept the tables from being changed lost its connection',
      { fix: 'Try again.' },
    );
  }

  close(): void {
    this.#session.close();
  }
}
