import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import {
  deleteDataDirectory,
  type Engine,
  type PrivateServer,
  startPrivateServer,
} from '../../servers/index.ts';
import { Volume } from './volume.ts';

export interface DatabaseOptions {
  readonly engine: Engine;
  /** For the server's files. */
  readonly folder: string;
  readonly port: number;
  readonly serverId: number;
  /** Global variables that are set at each start. */
  readonly globals: Readonly<Record<string, number>>;
}

const administrator = { host: '127.0.0.1', user: 'administrator', password: 'banyan', connectTimeout: 2_000 };

/** A connection of the administrator's that stays open. */
export interface Sleeper {
  query(sql: string): Promise<RowDataPacket[]>;
  end(): Promise<void>;
}

/**
 * A database server of the soak's own: it can be killed, frozen, closed to writes or to connections, left without room on its disk,
 * and started again.
 */
export class Database implements AsyncDisposable {
  readonly port: number;
  readonly engine: Engine;
  readonly #options: DatabaseOptions;
  #volume: Volume | null = null;
  #server: PrivateServer | null = null;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.port = options.port;
    this.engine = options.engine;
  }

  async start(): Promise<void> {
    const { user, password } = administrator;
    const { folder, globals, ...options } = this.#options;
    this.#volume ??= await Volume.mount(folder);
    const dataDir = join(folder, 'data');
    this.#server = await startPrivateServer({
      ...options,
      dataDir,
      user,
      password,
      isFrugal: true,
      startTimeoutMs: 120_000,
    });
    for (const [name, value] of Object.entries(globals)) await this.query(`SET GLOBAL ${name} = ${value}`);
  }

  /** null where this process cannot make its disk full. */
  get volume(): Volume | null {
    return this.#volume;
  }

  async kill(): Promise<void> {
    const server = this.#running();
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  }

  freeze(): void {
    process.kill(this.#running().pid, 'SIGSTOP');
  }

  wake(): void {
    process.kill(this.#running().pid, 'SIGCONT');
  }

  administrator(database = ''): DatabaseEndpoint {
    const { host, user, password } = administrator;
    return { host, user, password, port: this.port, database };
  }

  async query(sql: string, values: readonly unknown[] = [], database = ''): Promise<RowDataPacket[]> {
    const connection = await createConnection({
      ...administrator,
      port: this.port,
      ...(database ? { database } : {}),
    });
    try {
      const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: false }, [...values]);
      return rows;
    } finally {
      connection.destroy();
    }
  }

  async sleeper(): Promise<Sleeper> {
    const connection = await createConnection({ ...administrator, port: this.port });
    return {
      query: async (sql) => (await connection.query<RowDataPacket[]>(sql))[0],
      end: () => connection.end(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#volume?.free();
    if (this.#server !== null) {
      this.wake();
      await this.#server.stop();
    }
    await deleteDataDirectory(join(this.#options.folder, 'data'));
    await this.#volume?.[Symbol.asyncDispose]();
  }

  #running(): PrivateServer {
    if (this.#server === null) throw new Error('the database server was not started');
    return this.#server;
  }
}
