import type { Session } from './session.ts';

/**
 * Deletes the rows of these numbers: of each by an index lookup of its own, whatever the statistics say. For `IN (…)` both servers scan the
 * table where the numbers are most of its rows (MariaDB 10.11 from 5 of 6 on, MySQL 9.7 from 20 of 26), and a scan waits for the rows of
 * every open transaction, which are not among them. MariaDB scans in spite of FORCE INDEX.
 *
 * @param table quoted
 * @param column the first of its primary key
 */
export async function deleteByNumber(
  session: Session,
  table: string,
  column: string,
  numbers: readonly (bigint | string)[],
): Promise<void> {
  if (numbers.length === 0) return;
  await session.run(
    `DELETE ${table} FROM JSON_TABLE('[${numbers.join(',')}]', '$[*]' COLUMNS (n BIGINT UNSIGNED PATH '$')) AS banyan_numbers
      STRAIGHT_JOIN ${table} FORCE INDEX (PRIMARY) ON ${table}.${column} = banyan_numbers.n`,
  );
}
