/** A condition on a side's key: its rows are found by the key's index. */
export interface ByKey {
  readonly byKey: string;
}

/** True for some rows of a side's table, in SQL. */
export type Condition = string | ByKey;

export function isByKey(condition: Condition): condition is ByKey {
  return typeof condition !== 'string';
}

export function conditionSql(condition: Condition): string {
  return isByKey(condition) ? condition.byKey : condition;
}

/** The rows under a condition for which `sql` is true as well. */
export function and(condition: Condition, sql: string): Condition {
  const both = `(${conditionSql(condition)}) AND ${sql}`;
  return isByKey(condition) ? { byKey: both } : both;
}
