import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type StatementSource, statementKey, tellUncounted } from './statement-source.ts';

/**
 * The performance schema: each connection's last ten statements, and how often each statement was run at all. Null where it is off,
 * keeps no history, or may not be read by this account; `why` is told which.
 */
export async function historySource(
  connection: Connection,
  tables: readonly string[],
  why: (reason: string) => void,
): Promise<StatementSource | null> {
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT @@performance_schema AS measured');
  if (Number(server?.measured) !== 1) {
    why('performance_schema is off on this server (turn it on in its configuration; it needs a restart)');
    return null;
  }
  const own = `SELECT COUNT(*) AS kept FROM performance_schema.events_statements_history AS event
    JOIN performance_schema.threads AS thread USING (THREAD_ID) WHERE thread.PROCESSLIST_ID = CONNECTION_ID()`;
  try {
    const [[kept]] = await connection.query<RowDataPacket[]>(own);
    if (Number(kept?.kept) === 0) {
      why(
        "performance_schema keeps no history of statements here (UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME LIKE 'events_statements_%' or 'statements_digest')",
      );
      return null;
    }
    await connection.query('SELECT 1 FROM performance_schema.events_statements_summary_by_digest LIMIT 1');
  } catch (error) {
    why(
      `performance_schema may not be read by this account (${(error as Error).message}): \`banyan grants\` prints the GRANT`,
    );
    return null;
  }
  const lost = await lostDigests(connection);
  const named = `(${tables.map(() => 'INSTR(LOWER(DIGEST_TEXT), ?) > 0').join(' OR ')})`;
  const names = tables.map((table) => table.toLowerCase());
  return {
    kind: 'history',
    async sample() {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT CONCAT(THREAD_ID, ':', EVENT_ID) AS id, PROCESSLIST_USER AS user, PROCESSLIST_HOST AS host,
                CURRENT_SCHEMA AS \`schema\`, DIGEST_TEXT AS statement
           FROM performance_schema.events_statements_history
           JOIN performance_schema.threads USING (THREAD_ID)
          WHERE ${named} AND PROCESSLIST_ID <> CONNECTION_ID()`,
        names,
      );
      return rows.map(({ id, user, host, schema, statement }) => ({
        ...{ id: String(id), user: user ?? '', host: host ?? '', schema, statement: String(statement) },
      }));
    },
    async counts() {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT SCHEMA_NAME AS \`schema\`, DIGEST_TEXT AS statement, CAST(SUM(COUNT_STAR) AS CHAR) AS count
           FROM performance_schema.events_statements_summary_by_digest WHERE ${named}
          GROUP BY SCHEMA_NAME, DIGEST_TEXT`,
        names,
      );
      return new Map(
        rows.map(({ schema, statement, count }) => [statementKey(schema, statement), Number(count)]),
      );
    },
    async past(withinSeconds) {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT SCHEMA_NAME AS \`schema\`, DIGEST_TEXT AS statement, CAST(SUM(COUNT_STAR) AS CHAR) AS executions,
                MAX(TIMESTAMPDIFF(SECOND, FIRST_SEEN, NOW())) AS first, MIN(TIMESTAMPDIFF(SECOND, LAST_SEEN, NOW())) AS last
           FROM performance_schema.events_statements_summary_by_digest WHERE ${named}
          GROUP BY SCHEMA_NAME, DIGEST_TEXT HAVING last <= ?`,
        [...names, withinSeconds],
      );
      return rows.map(({ schema, statement, executions, first, last }) => ({
        ...{ schema, statement: String(statement), executions: Number(executions) },
        firstSeenSecondsAgo: Math.max(0, Number(first)),
        lastSeenSecondsAgo: Math.max(0, Number(last)),
      }));
    },
    uncounted: lost,
    unseen: [
      ...tellUncounted(lost),
      'whose the statements are that a connection ran more than ten others after, or before it closed, between two samples: they are counted, with nobody named',
      'statements that reach the tables by views, or in text that is longer than the server keeps (max_digest_length)',
    ],
  };
}

/**
 * How often a statement ran that the server had no room to count by itself, since it began: its table of digests was full (MySQL Manual,
 * "Performance Schema Statement Digests", Performance_schema_digest_lost).
 */
async function lostDigests(connection: Connection): Promise<number> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    "SHOW GLOBAL STATUS LIKE 'Performance_schema_digest_lost'",
  );
  return Number(row?.Value ?? 0);
}
