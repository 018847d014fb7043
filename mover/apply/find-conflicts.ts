import type { KeyValues } from '../plan/key-range.ts';
import { exactSql } from '../plan/side-column.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { literal } from '../sql/literal.ts';
import type { Session } from '../sql/session.ts';

/** Rows asked for by their values in one statement. */
const rowsInOneQuestion = 500;

/**
 * Keys of target rows that hold a value of another unique index which the source has in the rows under `condition`. On
 * the source such a row has changed or is gone, so it is dirty or was, and may be read again and made equal at any time.
 */
export async function findConflicts(
  source: Session,
  target: Session,
  plan: TablePlan,
  condition: string,
): Promise<KeyValues[]> {
  const found: KeyValues[] = [];
  for (const columns of plan.otherUnique) {
    const notNull = columns.map((column) => `${column.source} IS NOT NULL`).join(' AND ');
    const values = await source.rows(
      plan.source.selectValues(
        columns.map(({ source: sql, shape }) => exactSql({ sql, shape })),
        `(${condition}) AND ${notNull}`,
      ),
    );
    for (let start = 0; start < values.length; start += rowsInOneQuestion) {
      const alternatives = values.slice(start, start + rowsInOneQuestion).map((row) => {
        const equal = columns.map(
          (column, index) => `${column.target} = ${literal(column.shape, row[index] ?? null)}`,
        );
        return `(${equal.join(' AND ')})`;
      });
      found.push(...(await target.rows(plan.target.selectKeys(alternatives.join(' OR ')))));
    }
  }
  return found;
}
