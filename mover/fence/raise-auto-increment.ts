import type { MoveContext } from '../move-context.ts';
import { runDdl } from '../sql/ddl.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/**
 * Lifts each target table's counter to the source's. The counter, not MAX(id): an id that was given out and deleted, or
 * rolled back, may still be in somebody's hands and must not come again. Call it under the source's fence; it never
 * lowers a counter.
 */
export async function raiseAutoIncrement(
  context: MoveContext,
  source: Session,
  target: Session,
  signal: AbortSignal,
): Promise<void> {
  const { spec, tuning, logger } = context;
  for (const { table } of spec.tables) {
    const wanted = await counter(source, spec.source.database, table);
    const present = await counter(target, spec.target.database, table);
    if (wanted === null || present === null || present >= wanted) continue;
    await runDdl(
      target,
      `ALTER TABLE ${quoteTable(spec.target.database, table)} AUTO_INCREMENT = ${wanted}`,
      { about: `raising AUTO_INCREMENT of ${spec.target.database}.${table}`, tuning, signal },
    );
    logger.info({ table, from: String(present), to: String(wanted) }, 'auto-increment raised');
  }
}

/** The next id that the server would give, live (sessions set information_schema_stats_expiry = 0). */
async function counter(session: Session, database: string, table: string): Promise<bigint | null> {
  const [row] = await session.texts(
    `SELECT AUTO_INCREMENT FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`,
  );
  return typeof row?.[0] === 'string' ? BigInt(row[0]) : null;
}
