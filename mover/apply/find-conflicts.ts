import type { KeyValues } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { literal } from '../sql/literal.ts';
import { quoteName, quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

export interface ConflictQuestion {
  readonly source: Session;
  readonly target: Session;
  readonly sourceDatabase: string;
  readonly targetDatabase: string;
  readonly table: MovedTable;
  /** Which source rows were about to be written. */
  readonly where: string;
}

/**
 * Keys of target rows that hold a value of another unique index which the source has in the rows given by `where`. On
 * the source such a row has changed or is gone, so it is dirty or was, and may be read again and made equal at any time.
 */
export async function findConflicts(question: ConflictQuestion): Promise<KeyValues[]> {
  const { source, target, sourceDatabase, targetDatabase, table, where } = question;
  const keys = table.key.map((column) => quoteName(column.name)).join(', ');
  const found: KeyValues[] = [];
  for (const columns of table.otherUnique) {
    const names = columns.map((column) =>
      column.dataType === 'float' ? `CAST(${quoteName(column.name)} AS DOUBLE)` : quoteName(column.name),
    );
    const notNull = columns.map((column) => `${quoteName(column.name)} IS NOT NULL`).join(' AND ');
    const values = await source.rows(
      `SELECT ${names.join(', ')} FROM ${quoteTable(sourceDatabase, table.table)} WHERE (${where}) AND ${notNull}`,
    );
    for (let start = 0; start < values.length; start += 500) {
      const alternatives = values
        .slice(start, start + 500)
        .map(
          (row) =>
            `(${columns.map((column, index) => `${quoteName(column.name)} = ${literal(column, row[index] ?? null)}`).join(' AND ')})`,
        );
      found.push(
        ...(await target.rows(
          `SELECT ${keys} FROM ${quoteTable(targetDatabase, table.table)} WHERE ${alternatives.join(' OR ')}`,
        )),
      );
    }
  }
  return found;
}
