import { createHash } from 'node:crypto';
import { BanyanError } from '../../common/errors.ts';
import type { MoveSide } from '../move.ts';
import type { DatabaseEndpoint, MoveSpec } from '../move-spec.ts';
import { quoteTable } from '../sql/names.ts';
import { Session } from '../sql/session.ts';
import { errno, errnoOf, isLockConflict } from '../sql/sql-error.ts';

/** Tables touched by one statement: each costs the server a little memory while it parses. */
const tablesAtOnce = 50;

/**
 * Seconds. A guard whose machine died keeps the tables from being altered for as long as its connection lasts, and
 * statements queue behind whoever tries. It is asked at least once within a handover's deadline.
 */
const silentAtMost = 120;

/**
 * An open transaction that has read from each of one side's tables: as long as it is open the server lets nobody truncate,
 * alter, rename, drop or exchange one of them, nor make or drop a trigger there. Who tries waits. So what was looked at
 * after `open` is still so while `assertOpen` holds, and need not be looked at again while clients wait.
 *
 * A process that is frozen keeps its guard. Its successor could make no fence trigger until it wakes, so it ends that
 * guard first (`endGuardOfPredecessor`). It finds it by a named lock that the guard's connection holds.
 */
export class TableGuard {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** @throws BanyanError BANYAN_DDL_UNDER_WAY when somebody is changing one of the tables, or waits to. */
  static async open(spec: MoveSpec, side: MoveSide, tables: readonly string[]): Promise<TableGuard> {
    const endpoint = spec[side];
    const session = await Session.open({ endpoint, lockWaitSeconds: 1 });
    try {
      await session.run(`SET SESSION wait_timeout = ${silentAtMost}`);
      await takeName(session, guardName(spec, side), endpoint);
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

/** The name of the lock that a guard's connection holds: at most 64 characters (MySQL manual, "Locking Functions"). */
function guardName(spec: MoveSpec, side: MoveSide): string {
  const about = createHash('sha256').update(`${spec.bookkeepingSchema}\0${spec.id}\0${side}`).digest('hex');
  return `banyan:guard:${about.slice(0, 40)}`;
}

async function takeName(session: Session, name: string, { database }: DatabaseEndpoint): Promise<void> {
  const [row] = await session.texts(`SELECT GET_LOCK('${name}', 0)`);
  if (row?.[0] === '1') return;
  throw new BanyanError(
    'BANYAN_DDL_UNDER_WAY',
    `another connection keeps the tables of ${database} from being changed, for the same move`,
    { fix: 'Try again: another process hands this feature over, or its connection is about to end.' },
  );
}

/**
 * Ends the connection of a guard that an earlier process of the same move left on this side. Call it once that process
 * is superseded. An account may always end connections of its own.
 */
export async function endGuardOfPredecessor(session: Session, spec: MoveSpec, side: MoveSide): Promise<void> {
  const name = guardName(spec, side);
  const [row] = await session.texts(`SELECT IS_USED_LOCK('${name}')`);
  const connection = row?.[0] ?? null;
  if (connection === null) return;
  await session.run(`KILL CONNECTION ${Number(connection)}`).catch((error: unknown) => {
    if (errnoOf(error) !== errno.unknownThread) throw error;
  });
  // The server lets go of its locks a moment after the KILL returned.
  await session.texts(`SELECT GET_LOCK('${name}', ${silentAtMost})`);
  await session.texts(`SELECT RELEASE_LOCK('${name}')`);
}
