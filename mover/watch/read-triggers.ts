import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

export interface TableTrigger {
  readonly table: string;
  readonly name: string;
  readonly timing: string;
  readonly event: string;
  readonly statement: string;
  /** By the server's clock; changes when a trigger is dropped and made again with the same text. */
  readonly created: string;
  /** Among those of one table, time and event. */
  readonly order: number;
  /** With which its body was read, and runs. */
  readonly sqlMode: string;
}

/** Every trigger of these tables, or of the database, ours and the application's, by table and name. */
export async function readTriggers(
  session: Session,
  database: string,
  tables: readonly string[] | 'all',
): Promise<TableTrigger[]> {
  // MariaDB's catalogue compares without case: of `IN ('a_b', 'A_B')` it would find the one only.
  const which =
    tables === 'all' ? 'TRUE' : `CAST(EVENT_OBJECT_TABLE AS BINARY) IN (${tables.map(quoteText).join(', ')})`;
  const rows = await session.texts(
    `SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, CREATED,
            ACTION_ORDER, SQL_MODE
       FROM information_schema.TRIGGERS
      WHERE EVENT_OBJECT_SCHEMA = ${quoteText(database)} AND ${which}
      ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME`,
  );
  return rows.map((row) => {
    const [
      table = '',
      name = '',
      timing = '',
      event = '',
      statement = '',
      created = '',
      order,
      sqlMode = '',
    ] = row.map((value) => value ?? '');
    return { table, name, timing, event, statement, created, order: Number(order), sqlMode };
  });
}
