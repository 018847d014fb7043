import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import type { RowDataPacket } from 'mysql2/promise';
import { connectToServer } from '../../common/connect-database.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { BanyanError } from '../../common/errors.ts';
import { ensureSchema } from '../../mover/sql/ensure-schema.ts';
import { connectState } from './connect-state.ts';

const folder = new URL('../../migrations/state/', import.meta.url);

/**
 * Creates the state schema where it is missing and brings its tables up to date. Any number of processes may do so at
 * once: they take turns by a lock of the server, which ends with its session. knex's own lock is a row that outlives a
 * killed process; under the server's lock nobody else can hold it, so a leftover is cleared.
 */
export async function migrateState(endpoint: DatabaseEndpoint): Promise<void> {
  const { database } = endpoint;
  const connection = await connectToServer(endpoint, 3_000).catch((cause) => {
    throw new BanyanError(
      'BANYAN_STATE_UNREACHABLE',
      `The state store on ${endpoint.host}:${endpoint.port} cannot be reached: ${messageOf(cause)}`,
      { fix: 'Start that server, or correct its host, port, user and password under databases.', cause },
    );
  });
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, 30) AS locked', [
      `banyan.state.${database}`.slice(0, 64),
    ]);
    if (rows[0]?.locked !== 1) {
      throw new BanyanError(
        'BANYAN_STATE_LOCKED',
        `Another process has been migrating ${database} for 30 s.`,
        {
          fix: 'Wait until it is done, or end it, and start again.',
        },
      );
    }
    const statements = {
      async texts(sql: string) {
        const [found] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
        return found as unknown as (string | null)[][];
      },
      run: (sql: string) => connection.query(sql),
    };
    await ensureSchema(statements, database, 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
    const knex = connectState(endpoint);
    try {
      const config = {
        tableName: 'state_migrations',
        migrationSource: new FolderSource(),
      } satisfies Knex.MigratorConfig;
      await knex.migrate.forceFreeMigrationsLock(config);
      await knex.migrate.latest(config);
    } finally {
      await knex.destroy();
    }
  } finally {
    connection.destroy();
  }
}

/** Names migrations without their ending, so that the built package (.js) continues where the sources (.ts) were. */
class FolderSource implements Knex.MigrationSource<string> {
  async getMigrations(): Promise<string[]> {
    const files = await readdir(fileURLToPath(folder));
    return files.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.d.ts')).sort();
  }

  getMigrationName(file: string): string {
    return file.replace(/\.(ts|js)$/, '');
  }

  getMigration(file: string): Promise<Knex.Migration> {
    return import(new URL(file, pathToFileURL(fileURLToPath(folder))).href);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message || String((error as NodeJS.ErrnoException).code)
    : String(error);
}
