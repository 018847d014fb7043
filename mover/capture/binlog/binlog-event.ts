import { ByteReader } from './byte-reader.ts';
import type { Gtid } from './gtids.ts';

/** One event as the server sent it, without a checksum. */
export interface BinlogEvent {
  /** When its statement began, or its file was made, by the source's clock, in seconds since 1970. */
  readonly timestamp: number;
  readonly type: number;
  /** The number of the server that wrote it first. */
  readonly server: number;
  /** Offset in the file of what follows; 0 for what is in no file, and within a MariaDB transaction. */
  readonly next: number;
  /** Bytes of the event in its file. */
  readonly size: number;
  readonly body: Buffer;
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

const headerBytes = 19;

export function readEvent(buffer: Buffer, start: number, end: number): BinlogEvent {
  const reader = new ByteReader(buffer, start, end);
  const timestamp = reader.uint(4);
  const type = reader.uint(1);
  const server = reader.uint(4);
  const size = reader.uint(4);
  const next = reader.uint(4);
  return { timestamp, type, server, next, size, body: buffer.subarray(start + headerBytes, end) };
}

export interface QueryEvent {
  readonly database: string;
  readonly sql: string;
}

/** `executeLoad`: LOAD DATA as a statement, which has 13 bytes more in front of the same. */
export function readQuery({ type, body }: BinlogEvent): QueryEvent {
  const reader = new ByteReader(body);
  reader.skip(8);
  const databaseBytes = reader.uint(1);
  reader.skip(2);
  const variables = reader.uint(2);
  if (type === eventType.executeLoad) reader.skip(13);
  reader.skip(variables);
  const database = reader.text(databaseBytes);
  reader.skip(1);
  return { database, sql: reader.text(reader.left) };
}

/** The file that follows, and where its first event begins. */
export function readRotate({ body }: BinlogEvent): { readonly file: string; readonly at: number } {
  const reader = new ByteReader(body);
  const at = Number(reader.uint64());
  return { file: reader.text(reader.left), at };
}

/** The id of the transaction that begins with this event. */
export function readGtid({ type, server, body }: BinlogEvent): Gtid {
  const reader = new ByteReader(body);
  if (type === eventType.mariadbGtid) {
    const number = reader.uint64();
    return { domain: String(reader.uint(4)), origin: String(server), number };
  }
  reader.skip(1);
  const uuid = reader
    .bytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { domain: '', origin: uuid, number: reader.uint64() };
}

/** What a file of MariaDB's comes after: of each domain the last transaction of each server, and at the end the last of all. */
export function readGtidList({ body }: BinlogEvent): Gtid[] {
  const reader = new ByteReader(body);
  // The highest four bits are flags.
  const count = reader.uint(4) & 0x0fff_ffff;
  return Array.from({ length: count }, () => {
    const [domain, origin] = [String(reader.uint(4)), String(reader.uint(4))];
    return { domain, origin, number: reader.uint64() };
  });
}

/** An XA transaction's id as text, the same from every event that names it; and whether it commits at once. */
export function readXaPrepare({ body }: BinlogEvent): { readonly xid: string; readonly onePhase: boolean } {
  const reader = new ByteReader(body);
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
