import type { Connection } from 'mysql2/promise';

/**
 * Empties the counts of statements that a server shared by all tests has, of which it keeps 10,000 and no more, and keeps other tests from
 * doing so until `connection` ends. Only for tests that look at such counts.
 */
export async function roomForDigests(connection: Connection): Promise<void> {
  await connection.query("SELECT GET_LOCK('banyan-test-digests', 120)");
  await connection.query('TRUNCATE TABLE performance_schema.events_statements_summary_by_digest');
}
