import { quoteText } from './names.ts';
import type { Session } from './session.ts';

/** The names of a table's columns; none where there is no such table. */
export async function columnsOf(session: Session, schema: string, table: string): Promise<Set<string>> {
  const rows = await session.texts(
    `SELECT COLUMN_NAME FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(schema)} AND TABLE_NAME = ${quoteText(table)}`,
  );
  return new Set(rows.map(([name]) => name ?? ''));
}
