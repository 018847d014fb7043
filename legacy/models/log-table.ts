import type { Knex } from 'knex';
import type { Logger } from 'pino';

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

export interface LogQuery {
  readonly path: string;
  readonly status: number | undefined;
  /** From 0. */
  readonly page: number;
  readonly limit: number;
}

const FLUSH_MS = 500;
const BATCH = 200;

/**
 * All that the shop asks of its `logs` table. Every endpoint writes to it, so entries wait in the process and go in
 * batches: what a process that is killed had not written is lost, and nobody waits for it.
 */
export class LogTable {
  readonly #database: Knex;
  readonly #log: Logger;
  #waiting: LogEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Knex, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  note(entry: LogEntry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Everything noted so far stands in the table afterwards, or was given up with a warning. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) this.#writing = this.#writing.then(() => this.#write(batch));
    return this.#writing;
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

  async #write(batch: readonly LogEntry[]): Promise<void> {
    try {
      await this.#database('logs').insert(
        batch.map(({ durationMs, userId, ...same }) => ({
          ...same,
          duration_ms: durationMs,
          user_id: userId,
        })),
      );
    } catch (error) {
      this.#log.warn({ err: error, entries: batch.length }, 'Entries of the logs table are lost.');
    }
  }
}
