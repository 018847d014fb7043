import type { Duplex } from 'node:stream';
import mysql from 'mysql2';
import { connectionOptions } from '../../common/connection-options.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../common/no-prepared-statements.ts';
import { askForBulk, type BulkCommand, sendBulk } from './bulk.ts';
import { decodeRow } from './decode-row.ts';
import { LentReads } from './lent-reads.ts';
import type { PacketConnection } from './packet-connection.ts';
import { RowsTooMany } from './rows-too-many.ts';
import { sendInfile } from './send-infile.ts';
import { errnoOf } from './sql-error.ts';

export type RawValue = Buffer | null;
/** A row as the text protocol sent it: bytes in each column's own character set, nothing decoded. */
export type RawRow = readonly RawValue[];

export type EngineKind = 'mysql' | 'mariadb';

export interface Written {
  readonly affectedRows: number;
  readonly warnings: number;
  /** What LAST_INSERT_ID(…) was set to; 0 where it was not. */
  readonly lastId: number;
}

export interface SessionOptions {
  readonly endpoint: DatabaseEndpoint;
  /** Seconds a statement may wait for a metadata lock. */
  readonly lockWaitSeconds: number;
  /** Seconds a statement may wait for a row; default 10. */
  readonly rowWaitSeconds?: number;
}

/** Bytes of a row packet that a sink may read until it returns; values are length-encoded, one after another. */
export type PacketSink = (buffer: Buffer, start: number, end: number) => void;

/** What mysql2 does with each row packet of a running query; not in its published types. */
interface RowCommand {
  row(packet: RowPacket, connection: unknown): unknown;
}
/** What mysql2 does when a server asks for a file; not in its published types. */
interface InfileCommand {
  _streamLocalInfile(connection: PacketConnection): unknown;
  readonly infileOk: unknown;
}
/** Makes a query that is not begun yet; mysql2's published types have another list of parameters. */
interface QueryMaker {
  createQuery(
    sql: string,
    values: undefined,
    onResult: (error: unknown, result: mysql.ResultSetHeader) => void,
    config: object,
  ): mysql.Query;
}
/** How mysql2 begins a query, and what it does with the first packet of the answer; not in its published types. */
interface BegunCommand {
  start(packet: unknown, connection: PacketConnection): unknown;
  readonly resultsetHeader: unknown;
}
interface RowPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

/**
 * One connection on which values pass untouched: results come in the columns' own bytes, instants in UTC, zero and
 * invalid dates and a 0 in an auto-increment column are taken as they are, and everything else that does not fit is an
 * error instead of a warning. Foreign keys are not checked: rows of different tables arrive in any order.
 */
export class Session {
  readonly engine: EngineKind;
  readonly version: string;
  readonly connectionId: number;
  /** Seconds a statement may wait for a metadata lock. */
  readonly lockWaitSeconds: number;
  /** Whether the server takes `executeInBulk` on this connection. */
  readonly executesInBulk: boolean;
  readonly #connection: mysql.Connection;
  readonly #reads: LentReads | null;
  /** Statements that the server has not answered. */
  readonly #waiting = new Set<(error: unknown) => void>();
  #lost = false;
  #packetMax: Promise<number> | null = null;

  private constructor(
    connection: mysql.Connection,
    {
      version,
      lockWaitSeconds,
      executesInBulk,
      reads,
    }: Pick<Session, 'version' | 'lockWaitSeconds' | 'executesInBulk'> & { readonly reads: LentReads | null },
  ) {
    this.lockWaitSeconds = lockWaitSeconds;
    this.executesInBulk = executesInBulk;
    this.#connection = connection;
    this.#reads = reads;
    this.version = version;
    this.engine = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
    this.connectionId = connection.threadId ?? 0;
    connection.on('error', () => {
      this.#lost = true;
    });
    connection.on('end', () => {
      this.#lost = true;
    });
  }

  static async open(options: SessionOptions): Promise<Session> {
    const { host, port } = options.endpoint;
    // TLS makes memory of its own for what it has decrypted.
    const reads = options.endpoint.tls === undefined ? new LentReads(options.endpoint) : null;
    const connection = mysql.createConnection({
      // Statements name their tables in full; a database is for people who read SHOW PROCESSLIST.
      ...connectionOptions(options.endpoint),
      ...(reads && { stream: () => reads.socket }),
      charset: 'utf8mb4',
      connectTimeout: 10_000,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
      flags: ['+LOCAL_FILES'],
      ...noPreparedStatements,
    });
    const executesInBulk = askForBulk(connection);
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(named(error, `${host}:${port}`)) : resolve()));
    });
    const version = await new Promise<string>((resolve, reject) => {
      connection.query({ sql: 'SELECT VERSION()', rowsAsArray: true }, (error, rows) =>
        error ? reject(error) : resolve(String((rows as unknown as [[string]])[0][0])),
      );
    });
    const { lockWaitSeconds } = options;
    const session = new Session(connection, {
      version,
      lockWaitSeconds,
      executesInBulk: executesInBulk(),
      reads,
    });
    try {
      await session.#setUp(options);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  async #setUp(options: SessionOptions): Promise<void> {
    const settings = [
      "NAMES utf8mb4, SESSION time_zone = '+00:00'",
      "SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
      'SESSION character_set_results = binary',
      'SESSION autocommit = 1, SESSION foreign_key_checks = 0, SESSION unique_checks = 1',
      `SESSION lock_wait_timeout = ${options.lockWaitSeconds}, SESSION innodb_lock_wait_timeout = ${options.rowWaitSeconds ?? 10}`,
      'SESSION wait_timeout = 28800, SESSION net_write_timeout = 600, SESSION net_read_timeout = 600',
      this.engine === 'mysql'
        ? 'SESSION information_schema_stats_expiry = 0, SESSION max_execution_time = 0'
        : 'SESSION max_statement_time = 0',
    ];
    // Sessions are opened while clients are held, too: two statements, not one for each setting.
    await this.run(`SET ${settings.join(', ')}`);
    // Locks on the target are then taken on rows that exist, never on the gaps between them.
    await this.run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  }

  get lost(): boolean {
    return this.#lost;
  }

  rows(sql: string): Promise<RawRow[]> {
    return this.#query<RawRow[]>({ sql, rowsAsArray: true, typeCast: false });
  }

  /** For metadata, which is UTF-8. */
  async texts(sql: string): Promise<(string | null)[][]> {
    const rows = await this.rows(sql);
    return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))));
  }

  async run(sql: string): Promise<Written> {
    const header = await this.#query<mysql.ResultSetHeader>({ sql });
    return written(header);
  }

  /**
   * The rows, unless they are more than `bytesMax` bytes; a single row may be longer.
   * @throws RowsTooMany; the session is closed then.
   */
  async rowsWithin(sql: string, bytesMax: number): Promise<RawRow[]> {
    const rows: RawRow[] = [];
    let bytes = 0;
    await this.packets(sql, (buffer, start, end) => {
      bytes += end - start;
      if (bytes > bytesMax && rows.length > 0) throw new RowsTooMany(rows.length);
      rows.push(decodeRow(buffer, start, end));
    });
    return rows;
  }

  /**
   * Hands each row's packet to the sink without parsing it. Resolves when the last row has been given; where the sink
   * throws, the session is closed.
   */
  packets(sql: string, sink: PacketSink): Promise<void> {
    // There may be gigabytes to come: another connection is cheaper. What waits on this one fails as lost.
    const abandon = () => {
      this.#lost = true;
      (this.#connection as unknown as { readonly stream: Duplex }).stream.destroy();
    };
    return this.#answered((resolve, reject) => {
      let failure: unknown;
      const reads = this.#reads;
      const query = this.#connection.query({ sql, rowsAsArray: true, typeCast: false }, (error) => {
        if (error ?? failure) reject(this.#seen(error ?? failure, sql));
        else resolve();
      });
      // With its last packet, a result's or an error's.
      query.once('end', () => reads?.keep());
      const command = query as unknown as RowCommand;
      const byDefault = command.row;
      command.row = function row(packet, connection) {
        if (packet.isEOF()) return byDefault.call(command, packet, connection);
        reads?.lend(connection);
        try {
          if (failure === undefined) sink(packet.buffer, packet.offset, packet.end);
        } catch (error) {
          failure = error;
          abandon();
          reject(error);
        }
        return command.row;
      };
    });
  }

  /**
   * Runs a LOAD DATA LOCAL INFILE over the bytes of these packets, whose headers are still to be written in the room for them. When the
   * server has answered, with a result or an error, the connection holds none of them any more.
   */
  async loadInfile(sql: string, packets: readonly Buffer[]): Promise<Written> {
    let sending: Promise<void> | null = null;
    try {
      const header = await this.#query<mysql.ResultSetHeader>({ sql }, (query) => {
        const command = query as unknown as InfileCommand;
        command._streamLocalInfile = (connection) => {
          sending = sendInfile(connection, packets);
          // If it fails so does the connection, which says so where somebody waits for it.
          sending.catch(() => undefined);
          return command.infileOk;
        };
      });
      return written(header);
    } finally {
      if (!this.#lost) await sending;
    }
  }

  /** Bytes of the longest packet that the server takes. */
  packetMax(): Promise<number> {
    this.#packetMax ??= this.rows('SELECT @@SESSION.max_allowed_packet').then(([row]) => Number(row?.[0]));
    return this.#packetMax;
  }

  /**
   * Executes a statement with the parameters of all rows of these commands, one after the other: MariaDB's COM_STMT_BULK_EXECUTE. When
   * the server has answered, with a result or an error, the connection holds none of their bytes any more.
   */
  async executeInBulk(sql: string, commands: readonly BulkCommand[]): Promise<Written> {
    const statement = await this.#answered<number>((resolve, reject) => {
      this.#connection.prepare(sql, (error, prepared) =>
        error ? reject(this.#seen(error, sql)) : resolve((prepared as unknown as { readonly id: number }).id),
      );
    });
    let sum: Written = { affectedRows: 0, warnings: 0, lastId: 0 };
    for (const command of commands) {
      const { affectedRows, warnings } = await this.#bulk(sql, statement, command);
      sum = { ...sum, affectedRows: sum.affectedRows + affectedRows, warnings: sum.warnings + warnings };
      // They are asked for by who finds some, and the next statement forgets them.
      if (warnings > 0) break;
    }
    return sum;
  }

  async #bulk(sql: string, statement: number, bulk: BulkCommand): Promise<Written> {
    let sending: Promise<void> | null = null;
    try {
      const header = await this.#answered<mysql.ResultSetHeader>((resolve, reject) => {
        const { createQuery } = mysql as unknown as QueryMaker;
        const onResult = (error: unknown, result: mysql.ResultSetHeader) =>
          error ? reject(this.#seen(error, sql)) : resolve(result);
        const query = createQuery(sql, undefined, onResult, {});
        const command = query as unknown as BegunCommand;
        command.start = (_, connection) => {
          sending = sendBulk(connection, statement, bulk);
          // If it fails so does the connection, which says so where somebody waits for it.
          sending.catch(() => undefined);
          return command.resultsetHeader;
        };
        this.#connection.query(query);
      });
      return written(header);
    } finally {
      if (!this.#lost) await sending;
    }
  }

  #query<Result>(
    options: mysql.QueryOptions,
    begun: (query: mysql.Query) => void = () => {},
  ): Promise<Result> {
    return this.#answered((resolve, reject) => {
      const query = this.#connection.query(options, (error, result) =>
        error ? reject(this.#seen(error, options.sql)) : resolve(result as unknown as Result),
      );
      begun(query);
    });
  }

  /** mysql2 forgets the statements of a connection that is destroyed: without this whoever awaits one would wait for ever. */
  #answered<T>(ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.add(reject);
    ask(resolve, reject);
    return promise.finally(() => this.#waiting.delete(reject));
  }

  /** Row values must not reach logs by way of an error: mysql2 attaches the whole statement. */
  #seen(error: unknown, sql: string): unknown {
    if (error instanceof Error) {
      Object.assign(error, { sql: sql.length > 200 ? `${sql.slice(0, 200)}…` : sql });
      if (errnoOf(error) === undefined || (error as { fatal?: boolean }).fatal) this.#lost = true;
    }
    return error;
  }

  /** At once; what runs on the connection fails, and the server rolls back what was not committed. */
  close(): void {
    this.#lost = true;
    this.#connection.destroy();
    const gone = Object.assign(new Error('the connection was closed before the server answered'), {
      code: 'PROTOCOL_CONNECTION_LOST',
      fatal: true,
    });
    for (const reject of this.#waiting) reject(gone);
  }
}

function written({ affectedRows, warningStatus, insertId }: mysql.ResultSetHeader): Written {
  return { affectedRows, warnings: warningStatus, lastId: Number(insertId) };
}

/** The driver's error, which has its code still, with the server that it is about. */
function named(error: Error, server: string): Error {
  if (!error.message.includes(server)) error.message = `${server}: ${error.message}`;
  return error;
}
