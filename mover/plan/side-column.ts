import type { KeyColumn } from './key-range.ts';

/** One column of a plan on one side. Columns of the same position on both sides are one value. */
export interface SideColumn extends KeyColumn {
  /** For people, and on the side that is written the column's name. */
  readonly name: string;
}

/** SQL that prints the value with all it has: FLOAT by itself prints six digits. */
export function exactSql({ sql, shape }: KeyColumn): string {
  return shape.dataType === 'float' ? `CAST(${sql} AS DOUBLE)` : sql;
}
