import { and, type Condition } from '../plan/condition.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import { exactSql } from '../plan/side-column.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { literal } from '../sql/literal.ts';
import type { Session } from '../sql/session.ts';
import { isLockConflict } from '../sql/sql-error.ts';
import { tryLanding } from './try-landing.ts';

/** Rows asked for by their values in one statement. */
const rowsInOneQuestion = 500;

export interface Arriving {
  readonly source: Session;
  readonly target: Session;
  readonly plan: TablePlan;
  /** Conditions over either side's rows: those that are to arrive, and those that have their keys. */
  readonly rows: { readonly source: Condition; readonly target: Condition };
  /** Of these rows in memory. */
  readonly bytesMax: number;
  /** A transaction on the target whose writes pass its fence. */
  readonly transaction: (work: () => Promise<void>) => Promise<unknown>;
}

/**
 * Keys of target rows that hold a value of a unique index which the source has in the rows that are to arrive. On
 * the source such a row has changed or is gone, so it is dirty or was, and may be read again and made equal at any time.
 */
export async function findConflicts(arriving: Arriving): Promise<KeyValues[]> {
  const found = arriving.plan.uniqueByTrial ? await findByTrial(arriving) : await findByValues(arriving);
  return [...new Map(found.map((key) => [keyId(key), key])).values()];
}

async function findByValues({ source, target, plan, rows }: Arriving): Promise<KeyValues[]> {
  const found: KeyValues[] = [];
  for (const columns of plan.otherUnique) {
    const notNull = columns.map((column) => `${column.source} IS NOT NULL`).join(' AND ');
    const values = await source.rows(
      plan.source.selectValues(
        columns.map(({ source: sql, shape }) => exactSql({ sql, shape })),
        and(rows.source, notNull),
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

/** Writes the rows as they will be written, and takes all of it back. */
async function findByTrial({
  source,
  target,
  plan,
  rows,
  bytesMax,
  transaction,
}: Arriving): Promise<KeyValues[]> {
  const arrived = await source.rowsWithin(plan.source.select(rows.source), bytesMax);
  let found: KeyValues[] = [];
  const over = new Error('the trial is over');
  try {
    await transaction(async () => {
      await target.run(plan.target.delete(rows.target));
      found = await tryLanding(target, plan, arrived);
      throw over;
    });
  } catch (error) {
    // Where another transaction was in the way, the caller's next attempt tells.
    if (error !== over && !isLockConflict(error)) throw error;
  }
  return found;
}
