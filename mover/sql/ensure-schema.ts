import { quoteName, quoteText } from './names.ts';
import type { Session } from './session.ts';

/** `run` a statement, and what one finds as `texts`. */
type Statements = Pick<Session, 'texts'> & { run(sql: string): Promise<unknown> };

/**
 * Makes a schema that is not there. Where it is, nothing is asked of the server that could wait: MySQL's `CREATE DATABASE IF NOT EXISTS`
 * waits for every transaction that has touched one of the schema's tables, and all that comes after it waits behind it, the
 * application's writes included, whose triggers use banyan's tables (seen on MySQL 9.7). `defaults`: of its tables.
 */
export async function ensureSchema(session: Statements, schema: string, defaults = ''): Promise<void> {
  const found = await session.texts(
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(schema)}`,
  );
  // Catalogues compare without regard to case, servers may not.
  if (found.some(([name]) => name === schema)) return;
  await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} ${defaults}`);
}
