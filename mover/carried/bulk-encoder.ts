import type { BulkCommand } from '../sql/bulk.ts';
import { lengthBytes, longLength, nullMarker } from '../sql/length-encoded.ts';
import { packetHeaderBytes, packetPayloadMax } from '../sql/packet-header.ts';
import { RowPieces } from './row-pieces.ts';

/** Rows executed by one command: a round trip each, and so much memory of the server's session. */
const commandBytes = 2 * 1024 * 1024;
/** Values from that length on are copied by a call; shorter ones are faster byte by byte. */
const worthACall = 48;

const command = 0xfa;
/** The types of the parameters come before the rows. */
const sendsTypes = 128;
/** MYSQL_TYPE_BLOB: bytes that no character set applies to, as LOAD DATA … CHARACTER SET binary has them. */
const blob = 0xfc;
const hasValue = 0;
const isNull = 1;

/** Of one command: its packet in pieces of memory. */
interface Batch {
  rows: number;
  bytes: number;
  /** The packet's beginning, with room for the number of the statement. */
  readonly head: Buffer;
  readonly pieces: Buffer[];
}

/**
 * Turns row packets of the text protocol into packets of MariaDB's COM_STMT_BULK_EXECUTE: each value as it came, behind a byte that
 * says that it is there. Nothing is decoded or escaped. A row belongs to one command, whatever its length; pieces of memory hold rows
 * and commands one after the other.
 *
 * Source: https://mariadb.com/docs/server/reference/clientserver-protocol/3-binary-protocol-prepared-statements/com_stmt_bulk_execute
 */
export class BulkEncoder {
  rows = 0;
  /** Of values and their lengths. */
  bytes = 0;
  /** A row is longer than the server takes a packet: what is in here cannot be sent. */
  tooLong = false;
  readonly #memory: RowPieces;
  readonly #columns: number;
  readonly #packetMax: number;
  readonly #batches: Batch[] = [];
  #all: Buffer[] = [];
  #batch: Batch;
  #piece: Buffer;
  #used = 0;
  /** Where the batch's part of the piece begins. */
  #from = 0;

  /** `packetMax`: the server's `max_allowed_packet`, in bytes. */
  constructor(columns: number, packetMax: number, memory = new RowPieces()) {
    this.#columns = columns;
    this.#packetMax = Math.min(packetMax, packetPayloadMax) - 1;
    this.#memory = memory;
    this.#piece = memory.take();
    this.#all.push(this.#piece);
    this.#batch = this.#begin();
  }

  /** Takes one row packet: length-encoded values from `start` to `end`. */
  add(buffer: Buffer, start: number, end: number): void {
    const most = end - start + this.#columns;
    if (this.#batch.bytes + most > Math.min(commandBytes, this.#packetMax)) {
      if (this.#batch.rows > 0) {
        this.#endBatch();
        this.#batch = this.#begin();
      }
      if (this.#batch.bytes + most > this.#packetMax) this.tooLong = true;
    }
    this.rows += 1;
    this.bytes += end - start;
    if (this.tooLong) return;
    this.#batch.rows += 1;
    if (this.#used + most <= this.#piece.length) this.#within(buffer, start, end);
    else this.#overPieces(buffer, start, end);
  }

  /** The row fits into the piece. */
  #within(buffer: Buffer, start: number, end: number): void {
    const piece = this.#piece;
    const before = this.#used;
    let used = before;
    for (let at = start; at < end; ) {
      const first = buffer[at] as number;
      if (first === nullMarker) {
        piece[used++] = isNull;
        at += 1;
        continue;
      }
      piece[used++] = hasValue;
      const stop = endOfValue(buffer, at, first);
      if (stop - at >= worthACall) {
        piece.set(buffer.subarray(at, stop), used);
        used += stop - at;
        at = stop;
      } else {
        while (at < stop) piece[used++] = buffer[at++] as number;
      }
    }
    this.#batch.bytes += used - before;
    this.#used = used;
  }

  #overPieces(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const first = buffer[at] as number;
      if (this.#used === this.#piece.length) this.#nextPiece();
      this.#piece[this.#used++] = first === nullMarker ? isNull : hasValue;
      this.#batch.bytes += 1;
      if (first === nullMarker) {
        at += 1;
        continue;
      }
      const stop = endOfValue(buffer, at, first);
      this.#batch.bytes += stop - at;
      while (at < stop) {
        if (this.#used === this.#piece.length) this.#nextPiece();
        const copied = buffer.copy(this.#piece, this.#used, at, stop);
        at += copied;
        this.#used += copied;
      }
    }
  }

  /** Everything added so far. It is this encoder's: send it as often as need be. */
  finish(): readonly BulkCommand[] {
    const last = {
      ...this.#batch,
      pieces: [...this.#batch.pieces, this.#piece.subarray(this.#from, this.#used)],
    };
    return [...this.#batches, last].filter(({ rows }) => rows > 0);
  }

  /** The rows are on the target, and no connection holds what `finish` gave: their memory is for others. Nothing is in here any more. */
  release(): void {
    this.#memory.give(this.#all);
    this.#all = [];
    this.#batches.length = 0;
    this.#piece = Buffer.alloc(0);
    this.#used = 0;
    this.#from = 0;
    this.#batch = this.#begin();
    this.rows = 0;
    this.bytes = 0;
  }

  #begin(): Batch {
    const head = bulkHead(this.#columns);
    return { rows: 0, bytes: head.length - packetHeaderBytes, head, pieces: [] };
  }

  #endBatch(): void {
    this.#batch.pieces.push(this.#piece.subarray(this.#from, this.#used));
    this.#from = this.#used;
    this.#batches.push(this.#batch);
  }

  #nextPiece(): void {
    this.#batch.pieces.push(this.#piece.subarray(this.#from, this.#used));
    this.#piece = this.#memory.take();
    this.#all.push(this.#piece);
    this.#used = 0;
    this.#from = 0;
  }
}

function endOfValue(buffer: Buffer, at: number, first: number): number {
  const more = lengthBytes(first);
  return at + 1 + more + (more === 0 ? first : longLength(buffer, at + 1, more));
}

/** Header, command, number of the statement, flags, and the type of each parameter. */
function bulkHead(columns: number): Buffer {
  const head = Buffer.alloc(packetHeaderBytes + bulkHeadBytes + 2 * columns);
  head[packetHeaderBytes] = command;
  head.writeUInt16LE(sendsTypes, packetHeaderBytes + 5);
  for (let column = 0; column < columns; column += 1)
    head[packetHeaderBytes + bulkHeadBytes + 2 * column] = blob;
  return head;
}
const bulkHeadBytes = 7;
