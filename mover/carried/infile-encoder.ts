import { lengthBytes, longLength, nullMarker } from '../sql/length-encoded.ts';
import { packetHeaderBytes } from '../sql/packet-header.ts';
import { RowPieces } from './row-pieces.ts';

const tab = 0x09;
const newline = 0x0a;
const backslash = 0x5c;
const nul = 0x00;

/** The most bytes that a separator and a NULL take. */
const markBytes = 3;

/**
 * Turns row packets of the text protocol into the lines that LOAD DATA reads (tab, newline, backslash, `\N`), byte by
 * byte: nothing is decoded, no object is made for a value. Lines run on from piece to piece, whatever their length.
 */
export class InfileEncoder {
  rows = 0;
  readonly #memory: RowPieces;
  /** Full ones, and the one at hand. */
  #pieces: Buffer[] = [];
  readonly #lengths: number[] = [];
  #piece: Buffer;
  #used = packetHeaderBytes;
  /** Bytes in full pieces. */
  #full = 0;

  constructor(memory = new RowPieces()) {
    this.#memory = memory;
    this.#piece = memory.take();
    this.#pieces.push(this.#piece);
  }

  /** As they are sent, packets' headers aside. */
  get bytes(): number {
    return this.#full + this.#used - packetHeaderBytes;
  }

  /** Takes one row packet: length-encoded values from `start` to `end`. */
  add(buffer: Buffer, start: number, end: number): void {
    if (end > start && this.#used + end - start <= this.#piece.length && isPlain(buffer, start, end)) {
      this.#plain(buffer, start, end);
      return;
    }
    let at = start;
    while (at < end) {
      if (this.#used + markBytes > this.#piece.length) this.#next();
      if (at > start) this.#piece[this.#used++] = tab;
      const first = buffer[at++] as number;
      if (first === nullMarker) {
        this.#piece[this.#used++] = backslash;
        this.#piece[this.#used++] = 0x4e;
        continue;
      }
      const more = lengthBytes(first);
      const length = more === 0 ? first : longLength(buffer, at, more);
      at += more;
      this.#value(buffer, at, at + length);
      at += length;
    }
    if (this.#used === this.#piece.length) this.#next();
    this.#piece[this.#used++] = newline;
    this.rows += 1;
  }

  /** As it came: each length becomes the tab before its value, but for the first. */
  #plain(buffer: Buffer, start: number, end: number): void {
    const piece = this.#piece;
    const shift = this.#used - start - 1;
    buffer.copy(piece, this.#used, start + 1, end);
    for (let at = start + 1 + (buffer[start] as number); at < end; at += 1 + (buffer[at] as number)) {
      piece[at + shift] = tab;
    }
    this.#used = end + shift;
    piece[this.#used++] = newline;
    this.rows += 1;
  }

  #value(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      // At worst every byte is escaped.
      const room = (this.#piece.length - this.#used) >> 1;
      if (room === 0) {
        this.#next();
        continue;
      }
      const piece = this.#piece;
      let used = this.#used;
      for (const stop = Math.min(end, at + room); at < stop; at += 1) {
        const byte = buffer[at] as number;
        // Nearly every byte: two comparisons instead of four.
        if (byte > newline && byte !== backslash) {
          piece[used++] = byte;
          continue;
        }
        if (byte === tab || byte === newline || byte === backslash || byte === nul) piece[used++] = backslash;
        piece[used++] = byte === nul ? 0x30 : byte;
      }
      this.#used = used;
    }
  }

  /** Everything added so far, as packets that lack their headers. They are this encoder's: send them as often as need be. */
  finish(): readonly Buffer[] {
    const lengths = [...this.#lengths, this.#used];
    return this.#pieces.map((piece, index) => piece.subarray(0, lengths[index]));
  }

  /** The rows are on the target, and no connection holds what `finish` gave: their memory is for others. Nothing is in here any more. */
  release(): void {
    this.#memory.give(this.#pieces);
    this.#pieces = [];
    this.#lengths.length = 0;
    this.#piece = Buffer.alloc(0);
    this.#used = packetHeaderBytes;
    this.#full = 0;
    this.rows = 0;
  }

  #next(): void {
    this.#lengths.push(this.#used);
    this.#full += this.#used - packetHeaderBytes;
    this.#piece = this.#memory.take();
    this.#pieces.push(this.#piece);
    this.#used = packetHeaderBytes;
  }
}

/** Whether a row has only values with a length of one byte, and nothing in them that a line must escape: most rows. */
function isPlain(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const length = buffer[at++] as number;
    if (length >= nullMarker) return false;
    for (const stop = at + length; at < stop; at += 1) {
      const byte = buffer[at] as number;
      if (byte === backslash || (byte <= newline && (byte === tab || byte === newline || byte === nul)))
        return false;
    }
  }
  return true;
}
