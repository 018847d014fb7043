import type { Knex } from 'knex';

/** What was asked, and how it was answered. */
export interface LogEntry {
  readonly at: Date;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly userId: number | null;
}

/** An entry before it is kept: by its id it is known when it is sent again. */
export interface NewLogEntry extends LogEntry {
  readonly id: string;
  /** The table has no column for it. */
  readonly requestId: string | null;
}

export interface LogQuery {
  readonly path: string;
  readonly status: number | undefined;
  /** From 0. */
  readonly page: number;
  readonly limit: number;
}

/** Entries wherever they are kept: the shop's own table, or a service. */
export type Logs = Pick<LogTable, 'append' | 'page'>;

/** All that the shop asks of its `logs` table. */
export class LogTable {
  readonly #database: Knex;

  constructor(database: Knex) {
    this.#database = database;
  }

  async append(entries: readonly NewLogEntry[]): Promise<void> {
    await this.#database('logs').insert(
      entries.map(({ at, method, path, status, durationMs, userId }) => ({
        ...{ at, method, path, status, duration_ms: durationMs, user_id: userId },
      })),
    );
  }

  /** The last ones first. */
  async page({ path, status, page, limit }: LogQuery): Promise<readonly LogEntry[]> {
    const query = this.#database('logs')
      .orderBy('at', 'desc')
      .limit(limit)
      .offset(page * limit);
    if (path !== '') query.whereILike('path', `${path.replaceAll(/[\\%_]/g, '\\$&')}%`);
    if (status !== undefined) query.where({ status });
    return query.select('at', 'method', 'path', 'status', { durationMs: 'duration_ms', userId: 'user_id' });
  }
}
