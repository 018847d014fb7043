import { type KeyRange, keyOrder, rangeCondition } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { quoteName, quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/**
 * The next piece of `within`: about `rows` rows. The last piece ends where `within` ends, which for a whole table is
 * nowhere, as it begins nowhere: ids at and below 0 exist, and so do rows beyond the last that was seen. Bounds are found by
 * the server that has the rows.
 */
export async function nextChunk(
  session: Session,
  database: string,
  table: MovedTable,
  within: KeyRange,
  rows: number,
): Promise<KeyRange> {
  const [bound] = await session.rows(
    `SELECT ${table.key.map((column) => quoteName(column.name)).join(', ')}
       FROM ${quoteTable(database, table.table)}
      WHERE ${rangeCondition(table.key, within)}
      ORDER BY ${keyOrder(table.key)} LIMIT 1 OFFSET ${rows - 1}`,
  );
  return { after: within.after, upTo: bound ?? within.upTo };
}
