import { ByteReader } from './byte-reader.ts';
import type { Gtid } from './gtids.ts';

const headerBytes = 19;

/**
 * One event as the server sent it, without a checksum. The same object is the next event when that comes: who keeps something copies it.
 */
export class BinlogEvent {
  buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  end = 0;

  /** @throws RangeError where there is no room for an event's header. */
  place(buffer: Buffer, start: number, end: number): this {
    if (end - start < headerBytes) throw new RangeError('the event is shorter than its header');
    this.buffer = buffer;
    this.#start = start;
    this.end = end;
    return this;
  }

  /** When its statement began, or its file was made, by the source's clock, in seconds since 1970. */
  get timestamp(): number {
    return this.buffer.readUInt32LE(this.#start);
  }

  get type(): number {
    return this.buffer[this.#start + 4] as number;
  }

  /** The number of the server that wrote it first. */
  get server(): number {
    return this.buffer.readUInt32LE(this.#start + 5);
  }

  /** Bytes of the event in its file. */
  get size(): number {
    return this.buffer.readUInt32LE(this.#start + 9);
  }

  /** Offset in the file of what follows; 0 for what is in no file, and within a MariaDB transaction. */
  get next(): number {
    return this.buffer.readUInt32LE(this.#start + 13);
  }

  /** Where what follows the header begins in `buffer`. */
  get bodyStart(): number {
    return this.#start + headerBytes;
  }

  get body(): Buffer {
    return this.buffer.subarray(this.bodyStart, this.end);
  }

  read(): ByteReader {
    return new ByteReader(this.buffer, this.bodyStart, this.end);
  }
}

export const eventType = {
  query: 2,
  rotate: 4,
  format: 15,
  xid: 16,
  executeLoad: 18,
  tableMap: 19,
  incident: 26,
  heartbeat: 27,
  gtid: 33,
  anonymousGtid: 34,
  xaPrepare: 38,
  partialUpdate: 39,
  compressedTransaction: 40,
  taggedGtid: 42,
  mariadbGtid: 162,
  mariadbGtidList: 163,
  compressedQuery: 165,
  /** Up to 171: MariaDB's row events with log_bin_compress. */
  compressedRows: 166,
} as const;

export interface QueryEvent {
  readonly database: string;
  readonly sql: string;
}

/** `executeLoad`: LOAD DATA as a statement, which has 13 bytes more in front of the same. */
export function readQuery(event: BinlogEvent): QueryEvent {
  const reader = event.read();
  reader.skip(8);
  const databaseBytes = reader.uint(1);
  reader.skip(2);
  const variables = reader.uint(2);
  if (event.type === eventType.executeLoad) reader.skip(13);
  reader.skip(variables);
  const database = reader.text(databaseBytes);
  reader.skip(1);
  return { database, sql: reader.text(reader.left) };
}

/** Whether a query event says BEGIN and nothing else, as in front of every transaction of MySQL's. */
export function saysBegin(event: BinlogEvent): boolean {
  const { buffer, bodyStart: body, end, type } = event;
  if (type !== eventType.query || end - body < 19) return false;
  const variables = (buffer[body + 11] as number) | ((buffer[body + 12] as number) << 8);
  const sql = body + 13 + variables + (buffer[body + 8] as number) + 1;
  return sql === end - 5 && begin.every((byte, index) => buffer[sql + index] === byte);
}

const begin = [...Buffer.from('BEGIN')];

/** The file that follows, and where its first event begins. */
export function readRotate(event: BinlogEvent): { readonly file: string; readonly at: number } {
  const reader = event.read();
  const at = Number(reader.uint64());
  return { file: reader.text(reader.left), at };
}

/** Reads the ids of the transactions that begin; where they come from is the same text again and again. */
export class GtidReader {
  #source: Omit<Gtid, 'number'> = { domain: '', origin: '' };
  /** The bytes of MySQL's origin, or MariaDB's two numbers. */
  readonly #uuid = Buffer.alloc(16);
  #server = -1;
  #domain = -1;

  read(event: BinlogEvent): Gtid {
    const { buffer, bodyStart, end } = event;
    return event.type === eventType.mariadbGtid
      ? this.#mariadb(event.read(), event.server)
      : this.#mysql(buffer, bodyStart + 1, end);
  }

  #mariadb(reader: ByteReader, server: number): Gtid {
    const number = reader.uint64();
    const domain = reader.uint(4);
    if (domain !== this.#domain || server !== this.#server) {
      this.#source = { domain: String(domain), origin: String(server) };
      this.#domain = domain;
      this.#server = server;
    }
    return { ...this.#source, number };
  }

  #mysql(buffer: Buffer, start: number, end: number): Gtid {
    const reader = new ByteReader(buffer, start, end);
    reader.skip(16);
    if (this.#source.origin === '' || this.#uuid.compare(buffer, start, start + 16) !== 0) {
      buffer.copy(this.#uuid, 0, start, start + 16);
      const origin = this.#uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      this.#source = { domain: '', origin };
    }
    return { ...this.#source, number: reader.uint64() };
  }
}

/** What a file of MariaDB's comes after: of each domain the last transaction of each server, and at the end the last of all. */
export function readGtidList(event: BinlogEvent): Gtid[] {
  const reader = event.read();
  // The highest four bits are flags.
  const count = reader.uint(4) & 0x0fff_ffff;
  return Array.from({ length: count }, () => {
    const [domain, origin] = [String(reader.uint(4)), String(reader.uint(4))];
    return { domain, origin, number: reader.uint64() };
  });
}

/** An XA transaction's id as text, the same from every event that names it; and whether it commits at once. */
export function readXaPrepare(event: BinlogEvent): { readonly xid: string; readonly onePhase: boolean } {
  const reader = event.read();
  const onePhase = reader.uint(1) !== 0;
  const format = reader.uint(4);
  const global = reader.uint(4);
  const branch = reader.uint(4);
  return { xid: xidText(reader.bytes(global), reader.bytes(branch), format), onePhase };
}

function xidText(global: Buffer, branch: Buffer, format: number): string {
  return `X'${global.toString('hex')}',X'${branch.toString('hex')}',${format}`;
}

/** `XA COMMIT X'61',X'',1`: as both engines write it into their binlogs. Null for other statements. */
export function readXaEnd(sql: string): { readonly xid: string; readonly commits: boolean } | null {
  const match = /^XA (COMMIT|ROLLBACK) X'([0-9a-f]*)',X'([0-9a-f]*)',(\d+)/i.exec(sql.trim());
  if (match === null) return null;
  const [, verb = '', global = '', branch = '', format = ''] = match;
  return {
    xid: xidText(Buffer.from(global, 'hex'), Buffer.from(branch, 'hex'), Number(format)),
    commits: verb.toUpperCase() === 'COMMIT',
  };
}
