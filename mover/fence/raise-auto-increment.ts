import { BanyanError } from '../../common/errors.ts';
import type { MoveContext } from '../move-context.ts';
import { type MoveSpec, sideTables, targetTable } from '../move-spec.ts';
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
 * ALTER TABLE waits for every open reader of the target's table. So it is called with room, before clients are held; under
 * the source's fence there is only to be seen that the room was enough.
 *
 * @throws BanyanError BANYAN_DDL_LOCK_TIMEOUT
 */
export async function raiseAutoIncrement(
  context: MoveContext,
  { source, target }: { readonly source: Session; readonly target: Session },
  alone: AloneLinks,
  { room, patienceMs, signal }: RaiseOptions,
): Promise<void> {
  for (const short of await shortOf(context.spec, source, target, room)) {
    await lift(context, alone, short, { patienceMs, signal });
  }
}

/**
 * Lifts each target table's counter by `room`, where the source cannot be asked: ids that it gave out since the last row that came
 * over are in somebody's hands.
 *
 * @throws BanyanError BANYAN_DDL_LOCK_TIMEOUT
 */
export async function skipIds(
  context: MoveContext,
  target: Session,
  alone: AloneLinks,
  { room, ...options }: RaiseOptions,
): Promise<void> {
  const { spec } = context;
  const counters = await readCounters(target, spec.target.database, sideTables(spec, 'target'), true);
  for (const [table, { next, last }] of counters) {
    const to = next + aheadOf({ next, last }, room);
    if (to > next) await lift(context, alone, { table, from: next, to }, options);
  }
}

interface Lift {
  readonly table: string;
  /** Where the counter is, and where it should be. */
  readonly from: bigint;
  readonly to: bigint;
}

async function lift(
  { spec, logger }: MoveContext,
  alone: AloneLinks,
  { table, from, to }: Lift,
  { patienceMs, signal }: Omit<RaiseOptions, 'room'>,
): Promise<void> {
  await runAlone(alone, `ALTER TABLE ${quoteTable(spec.target.database, table)} AUTO_INCREMENT = ${to}`, {
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
  logger.info({ table, from: String(from), to: String(to) }, 'auto-increment raised');
}

/** @throws BanyanError BANYAN_IDS_SHORT when the source has given out ids that the target would give out again. */
export async function assertAutoIncrement(spec: MoveSpec, source: Session, target: Session): Promise<void> {
  const short = await shortOf(spec, source, target, 0);
  if (short.length === 0) return;
  const list = short.map(({ table, from, to }) => `${table} is at ${from} and must be at ${to}`).join(', ');
  throw new BanyanError(
    'BANYAN_IDS_SHORT',
    `so many rows were inserted since the handover was prepared that AUTO_INCREMENT of ${spec.target.database} is too low: ${list}`,
    { fix: 'Try again, at a quieter time if need be.', details: { database: spec.target.database } },
  );
}

/** Tables whose counter on the target is behind. */
async function shortOf(spec: MoveSpec, source: Session, target: Session, room: number): Promise<Lift[]> {
  const [wanted, present] = await Promise.all([
    readCounters(source, spec.source.database, sideTables(spec, 'source'), room > 0),
    readCounters(target, spec.target.database, sideTables(spec, 'target'), room > 0),
  ]);
  return [...present].flatMap(([table, there]) => {
    const counters = spec.tables
      .filter((one) => targetTable(one) === table)
      .flatMap((one) => wanted.get(one.table)?.next ?? []);
    const next = counters.reduce((most, one) => (one > most ? one : most), 0n);
    if (counters.length === 0) return [];
    const ahead = aheadOf({ next, last: there.last }, room);
    // Lifted for an earlier attempt it may have room still.
    return there.next >= next + ahead / 2n ? [] : [{ table, from: there.next, to: next + ahead }];
  });
}

/** Of a small type not much is spent. */
function aheadOf({ next, last }: Counter, room: number): bigint {
  const spare = last > next ? (last - next) / 100n : 0n;
  return spare < BigInt(room) ? spare : BigInt(room);
}

interface Counter {
  /** The next id that the server would give, live (sessions set information_schema_stats_expiry = 0). */
  readonly next: bigint;
  /** The greatest that the column holds; 0 where that was not asked for. */
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
  withLast: boolean,
): Promise<Map<string, Counter>> {
  const where = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME IN (${tables.map(quoteText).join(', ')})`;
  const counters = await session.texts(
    `SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES WHERE ${where} AND AUTO_INCREMENT IS NOT NULL`,
  );
  // Without room nobody asks for it, while clients are held.
  const columns = !withLast
    ? []
    : await session.texts(
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
