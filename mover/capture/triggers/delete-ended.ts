import type { Session } from '../../sql/session.ts';

/**
 * Deletes the rows of these numbers, all of them committed. One index lookup for each number, whatever the statistics say: of `IN (…)` a server
 * (MariaDB 10.11) may make a scan, which waits for the rows of every open transaction.
 *
 * @param table quoted
 * @param column the first of its primary key
 */
export async function deleteEnded(
  session: Session,
  table: string,
  column: string,
  numbers: readonly bigint[],
): Promise<void> {
  if (numbers.length === 0) return;
  await session.run(
    `DELETE ${table} FROM JSON_TABLE('[${numbers.join(',')}]', '$[*]' COLUMNS (n BIGINT UNSIGNED PATH '$')) AS ended
      STRAIGHT_JOIN ${table} FORCE INDEX (PRIMARY) ON ${table}.${column} = ended.n`,
  );
}
