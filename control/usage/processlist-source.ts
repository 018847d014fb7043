import type { Connection, RowDataPacket } from 'mysql2/promise';
import { lookedAt, type StatementSource } from './statement-source.ts';
import { withoutValues } from './without-values.ts';

/** What every server has: the statements that run in the instant of a look. */
export function processlistSource(
  connection: Connection,
  tables: readonly string[],
  because: string,
): StatementSource {
  const named = `(${tables.map(() => 'INSTR(LOWER(INFO), ?) > 0').join(' OR ')})`;
  const names = tables.map((table) => table.toLowerCase());
  return {
    kind: 'processlist',
    async sample() {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT ID AS id, USER AS user, HOST AS host, DB AS \`schema\`, LEFT(INFO, ${lookedAt}) AS statement
           FROM information_schema.PROCESSLIST WHERE ${named} AND ID <> CONNECTION_ID()`,
        names,
      );
      return rows.map(({ id, user, host, schema, statement }) => {
        const text = withoutValues(String(statement));
        return {
          // The same statement of the same connection in two looks may be one that lasts: it counts once.
          id: `${id} ${text}`,
          ...{ user: String(user), host: String(host).replace(/:\d+$/, ''), schema, statement: text },
        };
      });
    },
    counts: () => null,
    past: () => null,
    uncounted: 0,
    unseen: [
      `most statements: ${because}, so only those are seen that run in the very instant of a sample, and how often they run is not known`,
      `tables that a statement names after its first ${lookedAt.toLocaleString('en')} characters`,
      'statements that reach the tables by views, procedures and triggers',
    ],
  };
}
