import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import mysql from 'mysql2';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../../common/no-prepared-statements.ts';
import type { EngineKind } from '../../sql/session.ts';
import { type BinlogEvent, eventType, readEvent } from './binlog-event.ts';
import type { BinlogPosition } from './binlog-position.ts';
import type { Ask } from './find-in-log.ts';

export interface BinlogStreamOptions {
  readonly endpoint: DatabaseEndpoint;
  /** Where to begin: asked of the server by the very connection that will read from it. */
  readonly from: (ask: Ask, engine: EngineKind) => Promise<BinlogPosition>;
  readonly onEvent: (event: BinlogEvent) => void;
  /** Once, when no more will come: the connection was lost, the server refused, `onEvent` threw. Not after `close`. */
  readonly onEnd: (error: unknown) => void;
}

interface RawPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
  isError(): boolean;
  asError(encoding: string): Error;
}
interface OutPacket {
  readonly buffer: Buffer;
  length(): number;
  writeHeader(sequence: number): void;
}
/** mysql2's inner interface for commands; not in its published types. Its own dump command parses a few events only. */
interface ReplicaConnection extends mysql.Connection {
  addCommand(command: DumpCommand): void;
  writePacket(packet: OutPacket): void;
  _resetSequenceId(): void;
  readonly stream: Duplex;
}

/** COM_BINLOG_DUMP (MySQL internals manual). Two replicas of one number would end each other's streams; sites use small ones. */
function dumpPacket({ file, at }: BinlogPosition): OutPacket {
  const name = Buffer.from(file, 'utf8');
  const buffer = Buffer.concat([Buffer.alloc(15), name]);
  buffer.writeUInt8(0x12, 4);
  buffer.writeUInt32LE(at, 5);
  buffer.writeUInt16LE(0, 9);
  buffer.writeUInt32LE(randomInt(2 ** 31, 2 ** 32 - 1), 11);
  return {
    buffer,
    length: () => buffer.length,
    writeHeader(sequence) {
      buffer.writeUIntLE(buffer.length - 4, 0, 3);
      buffer.writeUInt8(sequence, 3);
    },
  };
}

/** An idle server says so this often; a connection on which nothing came for three times as long is dead. */
const heartbeatMs = 2_000;

/** A CRC at the end of each event. Both engines send it as it is in the file, to a replica too that asks for none. */
const checksumBytes = 4;

/** The events of a server's binary log from a position on, as a replica gets them: also those to come. */
export class BinlogStream {
  readonly #connection: ReplicaConnection;
  readonly #options: BinlogStreamOptions;
  readonly #watch: NodeJS.Timeout;
  /** As the format event of each file says; what comes before the first of these has none. */
  #checksumBytes = 0;
  #heardAt = performance.now();
  #paused = false;
  #ended = false;

  private constructor(connection: ReplicaConnection, options: BinlogStreamOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.on('error', (error) => this.#end(error));
    connection.on('end', () => this.#end(lost('the server closed the connection')));
    this.#watch = setInterval(() => {
      const silent = performance.now() - this.#heardAt;
      if (!this.#paused && silent > 3 * heartbeatMs)
        this.#end(lost(`nothing came for ${Math.round(silent)} ms`));
    }, heartbeatMs);
    this.#watch.unref();
  }

  static async open(options: BinlogStreamOptions): Promise<BinlogStream> {
    const { host, port, user, password } = options.endpoint;
    const connection = mysql.createConnection({
      ...{ host, port, user, password },
      connectTimeout: 10_000,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
      ...noPreparedStatements,
    }) as ReplicaConnection;
    const ask: Ask = (sql) =>
      new Promise((resolve, reject) => {
        connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() }, (error, rows) =>
          error ? reject(error) : resolve(rows as unknown as (string | null)[][]),
        );
      });
    let from: BinlogPosition;
    try {
      // Each engine knows its own and ignores the rest. The checksum's name changed with MySQL 8.
      await ask(
        `SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE', @mariadb_slave_capability = 4,
             @master_heartbeat_period = ${heartbeatMs * 1_000_000}, @source_heartbeat_period = ${heartbeatMs * 1_000_000}`,
      );
      // A paused stream is slow, not dead.
      await ask('SET SESSION net_write_timeout = 3600');
      const version = (await ask('SELECT VERSION()'))[0]?.[0] ?? '';
      from = await options.from(ask, /mariadb/i.test(version) ? 'mariadb' : 'mysql');
    } catch (error) {
      connection.on('error', () => undefined);
      connection.destroy();
      throw error;
    }
    const stream = new BinlogStream(connection, options);
    stream.#dump(from);
    return stream;
  }

  #dump(from: BinlogPosition): void {
    this.#connection.addCommand(
      new DumpCommand({
        from,
        onPacket: (packet) => this.#take(packet),
        onError: (error) => this.#end(error),
      }),
    );
  }

  #take(packet: RawPacket): void {
    if (this.#ended) return;
    this.#heardAt = performance.now();
    if (packet.isEOF()) {
      this.#end(lost('the server ended the stream'));
      return;
    }
    try {
      // One byte says that all is well; the event follows.
      const start = packet.offset + 1;
      const event = readEvent(packet.buffer, start, packet.end);
      if (event.type === eventType.format) {
        this.#checksumBytes = event.body.at(-1 - checksumBytes) === 1 ? checksumBytes : 0;
      }
      this.#options.onEvent(readEvent(packet.buffer, start, packet.end - this.#checksumBytes));
    } catch (error) {
      this.#end(error);
    }
  }

  pause(): void {
    this.#paused = true;
    this.#connection.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heardAt = performance.now();
    this.#connection.resume();
  }

  close(): void {
    this.#ended = true;
    clearInterval(this.#watch);
    this.#connection.destroy();
    this.#connection.stream.destroy();
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.close();
    this.#options.onEnd(error);
  }
}

function lost(what: string): Error {
  return Object.assign(new Error(`the stream of the binary log was lost: ${what}`), {
    code: 'PROTOCOL_CONNECTION_LOST',
  });
}

/** Never done: the server goes on sending until the connection ends. */
class DumpCommand extends EventEmitter {
  readonly onResult: (error: unknown) => void;
  readonly #from: BinlogPosition;
  readonly #onPacket: (packet: RawPacket) => void;
  #asked = false;

  constructor(options: {
    readonly from: BinlogPosition;
    readonly onPacket: (packet: RawPacket) => void;
    readonly onError: (error: unknown) => void;
  }) {
    super();
    this.#from = options.from;
    this.#onPacket = options.onPacket;
    this.onResult = options.onError;
  }

  /** mysql2 calls it with nothing to begin with, then for each packet; true would end the command. */
  execute(packet: RawPacket | undefined, connection: ReplicaConnection): boolean {
    if (!this.#asked) {
      this.#asked = true;
      connection._resetSequenceId();
      connection.writePacket(dumpPacket(this.#from));
    } else if (packet?.isError()) this.onResult(packet.asError('utf8'));
    else if (packet) this.#onPacket(packet);
    return false;
  }

  stateName(): string {
    return 'dump';
  }
}
