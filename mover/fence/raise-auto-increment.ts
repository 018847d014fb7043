import { BanyanError } from '../../common/errors.ts';
import type { MoveContext } from '../move-context.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import { type AloneLinks, runAlone } from '../sql/run-alone.ts';
import type { Session } from '../sql/session.ts';

export interface RaiseOptions {
  /** Ids that the source may still give out before the target's must be lifted again. They are skipped later. */
  readonly room: number;
  /** How long to wait for each table: the statement needs it for itself. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Lifts each target table's counter to the source's. The counter, not MAX(id): an id that was given out and deleted, or
 * rolled back, may still be in somebody's hands and must not come again. It never lowers a counter.
 *
 * ALTER TABLE waits for every open reader of the target's table. So it is called with room before clients are held, and
 * once more without under the source's fence: then there is nothing to do, unless the room was used up.
 *
 * @throws BanyanError BANYAN_DDL_LOCK_TIMEOUT
 */
export async function raiseAutoIncrement(
  context: MoveContext,
  source: Session,
  target: AloneLinks,
  { room, patienceMs, signal }: RaiseOptions,
): Promise<void> {
  const { spec, logger } = context;
  const tables = spec.tables.map(({ table }) => table);
  const wanted = await readCounters(source, spec.source.database, tables);
  const present = await readCounters(await target.work.session(), spec.target.database, tables);
  for (const [table, { next }] of wanted) {
    const there = present.get(table);
    if (there === undefined) continue;
    const free = there.last > next ? (there.last - next) / 4n : 0n;
    const ahead = free < BigInt(room) ? free : BigInt(room);
    // Lifted half an hour ago it may have room still.
    if (there.next >= next + ahead / 2n) continue;
    const to = next + ahead;
    await runAlone(target, `ALTER TABLE ${quoteTable(spec.target.database, table)} AUTO_INCREMENT = ${to}`, {
      patienceMs,
      signal,
      timedOut: (cause) =>
        new BanyanError(
          'BANYAN_DDL_LOCK_TIMEOUT',
          `raising AUTO_INCREMENT of ${spec.target.database}.${table} found no moment without an open transaction within ${patienceMs} ms`,
          {
            fix: 'Look for a transaction that stays open on this table (SHOW PROCESSLIST), end it, and run the command again.',
            cause,
          },
        ),
    });
    logger.info({ table, from: String(there.next), to: String(to) }, 'auto-increment raised');
  }
}

interface Counter {
  /** The next id that the server would give, live (sessions set information_schema_stats_expiry = 0). */
  readonly next: bigint;
  /** The greatest that the column holds. */
  readonly last: bigint;
}

const bits: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

async function readCounters(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, Counter>> {
  const where = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME IN (${tables.map(quoteText).join(', ')})`;
  const counters = await session.texts(
    `SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES WHERE ${where} AND AUTO_INCREMENT IS NOT NULL`,
  );
  const columns = await session.texts(
    `SELECT TABLE_NAME, DATA_TYPE, COLUMN_TYPE FROM information_schema.COLUMNS
      WHERE ${where} AND EXTRA LIKE '%auto_increment%'`,
  );
  const last = new Map(
    columns.map(([table, type, whole]) => {
      const width = bits[type ?? ''] ?? 24n;
      return [table, 2n ** (whole?.includes('unsigned') ? width : width - 1n) - 1n];
    }),
  );
  return new Map(
    counters.flatMap(([table, next]) =>
      typeof table === 'string' && typeof next === 'string'
        ? [[table, { next: BigInt(next), last: last.get(table) ?? 0n }]]
        : [],
    ),
  );
}
