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
  // JSON_TABLE would be shorter, and MariaDB has it from 10.6 on only.
  const ended = numbers
    .map((number, index) => `SELECT ${number}${index === 0 ? ' AS n' : ''}`)
    .join(' UNION ALL ');
  await session.run(
    `DELETE ${table} FROM (${ended}) AS ended
      STRAIGHT_JOIN ${table} FORCE INDEX (PRIMARY) ON ${table}.${column} = ended.n`,
  );
}
