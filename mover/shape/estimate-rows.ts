import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** Rows of a table by the server's own estimate; 0 where it has none. */
export async function estimateRows(session: Session, database: string, table: string): Promise<number> {
  const [row] = await session.texts(
    `SELECT TABLE_ROWS FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`,
  );
  return Number(row?.[0] ?? 0);
}
