import { fileURLToPath } from 'node:url';
import knex from 'knex';
import type { DatabaseEndpoint } from '../common/database-endpoint.ts';

/** A folder of `migrations/`, one for each database. */
export type MigrationFolder = 'legacy' | 'log' | 'product' | 'shop' | 'state' | 'user';

/**
 * Brings one database up to the newest migration of `migrations/<folder>/`. What ran is noted in the database's own
 * `knex_migrations` table, so a second call does nothing.
 *
 * @returns the names of the migrations that this call ran.
 */
export async function migrate(
  endpoint: DatabaseEndpoint,
  folder: MigrationFolder,
): Promise<readonly string[]> {
  const database = knex({
    client: 'mysql2',
    connection: { ...endpoint, charset: 'utf8mb4' },
    pool: { min: 0, max: 2 },
  });
  try {
    const [, ran] = (await database.migrate.latest({
      directory: fileURLToPath(new URL(`../migrations/${folder}/`, import.meta.url)),
      loadExtensions: ['.ts'],
    })) as [number, string[]];
    return ran;
  } finally {
    await database.destroy();
  }
}
