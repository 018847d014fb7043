import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import mysql from 'mysql2';
import { serverOptions } from '../../../common/connection-options.ts';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../../common/no-prepared-statements.ts';
import type { EngineKind } from '../../sql/session.ts';
import { BinlogEvent, eventType } from './binlog-event.ts';
import type { BinlogPosition } from './binlog-position.ts';
import type { Ask } from './find-in-log.ts';
import { PacketSplitter } from './packet-splitter.ts';

export interface BinlogStreamOptions {
  readonly endpoint: DatabaseEndpoint;
  /** Where to begin: asked of the server by the very connection that will read from it. */
  readonly from: (ask: Ask, engine: EngineKind) => Promise<BinlogPosition>;
  /** The event is the next one's as soon as it returns. */
  readonly onEvent: (event: BinlogEvent) => void;
  /** Once, when no more will come: the connection was lost, the server refused, `onEvent` threw. Not after `close`. */
  readonly onEnd: (error: unknown) => void;
}

interface RawPacket {
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
  /** Of the next packet, 0 to 255. */
  sequenceId: number;
  /** What it reads from: with TLS not the socket that it was given. */
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

/** Read at once, at most. */
const readBytes = 128 * 1024;
/**
 * A busy server sends each commit by itself, and a process that wakes up for each needs more CPU for waking up than for what it reads. After
 * `quickReads` in a row that were less than `quickMs` apart, what comes within `gatherMs` is read at once. What comes now and then is read as it comes.
 */
const gatherMs = 2;
const quickMs = 5;
const quickReads = 8;

/** The events of a server's binary log from a position on, as a replica gets them: also those to come. */
export class BinlogStream {
  readonly #source: Duplex;
  readonly #connection: ReplicaConnection;
  readonly #toDriver: (packet: Buffer) => void;
  readonly #options: BinlogStreamOptions;
  readonly #watch: NodeJS.Timeout;
  readonly #event = new BinlogEvent();
  readonly #packets: PacketSplitter;
  /** As the format event of each file says; what comes before the first of these has none. */
  #checksumBytes = 0;
  #heardAt = performance.now();
  #quick = 0;
  #gathering: NodeJS.Timeout | null = null;
  #paused = false;
  #ended = false;

  /** `toDriver`: a packet that mysql2 is to read. */
  private constructor(
    source: Duplex,
    connection: ReplicaConnection,
    toDriver: (packet: Buffer) => void,
    options: BinlogStreamOptions,
  ) {
    this.#source = source;
    this.#toDriver = toDriver;
    this.#connection = connection;
    this.#options = options;
    this.#packets = new PacketSplitter(1, (buffer, start, end, sequence) =>
      this.#take(buffer, start, end, sequence),
    );
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
    let stream: BinlogStream | null = null;
    // mysql2 logs in and asks; what comes after that it would cut and copy packet by packet.
    const socket = options.endpoint.tls
      ? null
      : readingSocket(options.endpoint, (bytes) => (stream === null ? null : stream.#read(bytes)));
    const connection = mysql.createConnection({
      ...serverOptions(options.endpoint),
      ...(socket && { stream: socket }),
      connectTimeout: 10_000,
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
    if (socket !== null) {
      stream = new BinlogStream(socket, connection, (packet) => socket.emit('data', packet), options);
    } else {
      const source = connection.stream;
      const byDriver = source.listeners('data');
      source.removeAllListeners('data');
      const toDriver = (packet: Buffer) => {
        for (const take of byDriver) take.call(source, packet);
      };
      const opened = new BinlogStream(source, connection, toDriver, options);
      source.on('data', (bytes: Buffer) => {
        if (!opened.#read(bytes)) source.pause();
      });
      stream = opened;
    }
    stream.#dump(from);
    return stream;
  }

  #dump(from: BinlogPosition): void {
    this.#connection.addCommand(
      new DumpCommand({
        from,
        onEnd: () => this.#end(lost('the server ended the stream')),
        onError: (error) => this.#end(error),
      }),
    );
  }

  /** Whether to go on reading at once. */
  #read(bytes: Buffer): boolean {
    if (this.#ended) return false;
    const now = performance.now();
    this.#quick = now - this.#heardAt < quickMs ? this.#quick + 1 : 0;
    this.#heardAt = now;
    try {
      this.#packets.push(bytes);
    } catch (error) {
      this.#end(error);
    }
    if (this.#paused || this.#ended) return false;
    if (this.#quick < quickReads || bytes.length > readBytes / 2) return true;
    if (this.#gathering === null) this.#gathering = setTimeout(() => this.#gathered(), gatherMs);
    else this.#gathering.refresh();
    return false;
  }

  #gathered(): void {
    if (!this.#paused && !this.#ended) this.#source.resume();
  }

  /** False: the next packet is for later. */
  #take(buffer: Buffer, start: number, end: number, sequence: number): boolean {
    if (buffer[start] !== 0) {
      // The end, or an error: mysql2 knows how to read them.
      const packet = Buffer.concat([Buffer.alloc(4), buffer.subarray(start, end)]);
      packet.writeUIntLE(end - start, 0, 3);
      packet[3] = sequence;
      this.#connection.sequenceId = sequence;
      this.#toDriver(packet);
      return !this.#ended;
    }
    const event = this.#event;
    // One byte says that all is well; the event follows.
    event.place(buffer, start + 1, end);
    if (event.type === eventType.format) {
      this.#checksumBytes = event.body.at(-1 - checksumBytes) === 1 ? checksumBytes : 0;
    }
    if (this.#checksumBytes > 0) event.place(buffer, start + 1, end - this.#checksumBytes);
    this.#options.onEvent(event);
    return !this.#paused && !this.#ended;
  }

  pause(): void {
    this.#paused = true;
    this.#source.pause();
  }

  resume(): void {
    if (this.#ended) return;
    this.#paused = false;
    this.#heardAt = performance.now();
    try {
      this.#packets.goOn();
    } catch (error) {
      this.#end(error);
    }
    this.#gathered();
  }

  close(): void {
    this.#ended = true;
    clearInterval(this.#watch);
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#connection.destroy();
    this.#source.destroy();
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.close();
    this.#options.onEnd(error);
  }
}

/** Reads into memory of its own. `read` tells whether to go on at once; null: the bytes are the driver's. */
function readingSocket({ host, port }: DatabaseEndpoint, read: (bytes: Buffer) => boolean | null): Socket {
  const room = Buffer.allocUnsafe(readBytes);
  const socket: Socket = connect({
    ...{ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 },
    onread: {
      buffer: room,
      callback: (count): boolean =>
        read(room.subarray(0, count)) ?? socket.emit('data', Buffer.from(room.subarray(0, count))),
    },
  });
  return socket;
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
  readonly #onEnd: () => void;
  #asked = false;

  constructor(options: {
    readonly from: BinlogPosition;
    readonly onEnd: () => void;
    readonly onError: (error: unknown) => void;
  }) {
    super();
    this.#from = options.from;
    this.#onEnd = options.onEnd;
    this.onResult = options.onError;
  }

  /** mysql2 calls it with nothing to begin with, then for each packet that it gets; true would end the command. */
  execute(packet: RawPacket | undefined, connection: ReplicaConnection): boolean {
    if (!this.#asked) {
      this.#asked = true;
      connection._resetSequenceId();
      connection.writePacket(dumpPacket(this.#from));
    } else if (packet?.isError()) this.onResult(packet.asError('utf8'));
    else if (packet?.isEOF()) this.#onEnd();
    return false;
  }

  stateName(): string {
    return 'dump';
  }
}
