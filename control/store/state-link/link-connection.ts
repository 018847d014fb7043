import { type Connection, createConnection } from 'mysql2/promise';
import { connectionOptions } from '../../../common/connection-options.ts';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../../common/no-prepared-statements.ts';

/**
 * One connection to the state store, opened when it is needed. Work that fails or is aborted destroys it, since a server that went
 * silent would keep it busy for minutes; the next work opens another.
 */
export class LinkConnection {
  readonly #state: DatabaseEndpoint;
  #connection: Promise<Connection> | null = null;

  constructor(state: DatabaseEndpoint) {
    this.#state = state;
  }

  /** Rejects with the signal's reason when it aborts, else with what the server or `work` says. */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#connection ??= open(this.#state);
    const opening = this.#connection;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([opening.then(work), aborted]);
    } catch (error) {
      if (this.#connection === opening) this.#connection = null;
      opening.then(
        (connection) => connection.destroy(),
        () => undefined,
      );
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    this.#connection = null;
    connection?.destroy();
  }
}

async function open(state: DatabaseEndpoint): Promise<Connection> {
  const connection = await createConnection({
    ...connectionOptions(state),
    timezone: 'Z',
    connectTimeout: 2_000,
    ...noPreparedStatements,
  });
  // Without a listener an idle connection that breaks would end the process; the next query reports the break.
  connection.on('error', () => undefined);
  await connection.query("SET time_zone = '+00:00'");
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return connection;
}
