/** Bytes of one piece given to the connection. Above every net buffer, below every max_allowed_packet. */
const pieceBytes = 512 * 1024;

const tab = 0x09;
const newline = 0x0a;
const backslash = 0x5c;
const nul = 0x00;
const nullMarker = 0xfb;

/**
 * Turns row packets of the text protocol into the lines that LOAD DATA reads (tab, newline, backslash, `\N`), byte by
 * byte: nothing is decoded, no object is made for a value.
 */
export class InfileEncoder {
  readonly pieces: Buffer[] = [];
  rows = 0;
  bytes = 0;
  #piece = Buffer.allocUnsafe(pieceBytes);
  #used = 0;

  /** Takes one row packet: length-encoded values from `start` to `end`. */
  add(buffer: Buffer, start: number, end: number): void {
    // At worst every byte is escaped, and every value brings a separator.
    this.#ensure((end - start) * 2 + 2);
    const piece = this.#piece;
    let used = this.#used;
    let at = start;
    while (at < end) {
      let length = buffer[at++] as number;
      if (at - 1 > start) piece[used++] = tab;
      if (length === nullMarker) {
        piece[used++] = backslash;
        piece[used++] = 0x4e;
        continue;
      }
      if (length === 0xfc) {
        length = buffer.readUInt16LE(at);
        at += 2;
      } else if (length === 0xfd) {
        length = buffer.readUIntLE(at, 3);
        at += 3;
      } else if (length === 0xfe) {
        length = Number(buffer.readBigUInt64LE(at));
        at += 8;
      }
      for (const stop = at + length; at < stop; at += 1) {
        const byte = buffer[at] as number;
        if (byte === tab || byte === newline || byte === backslash) {
          piece[used++] = backslash;
          piece[used++] = byte;
        } else if (byte === nul) {
          piece[used++] = backslash;
          piece[used++] = 0x30;
        } else {
          piece[used++] = byte;
        }
      }
    }
    piece[used++] = newline;
    this.bytes += used - this.#used;
    this.#used = used;
    this.rows += 1;
  }

  /** Everything added so far, ready to send. */
  finish(): readonly Buffer[] {
    this.#flush(0);
    return this.pieces;
  }

  #ensure(bytes: number): void {
    if (this.#used + bytes > this.#piece.length) this.#flush(bytes);
  }

  #flush(room: number): void {
    // A long row fills a piece of its own: it goes in several, as a packet has a limit.
    for (let at = 0; at < this.#used; at += pieceBytes) {
      this.pieces.push(this.#piece.subarray(at, Math.min(this.#used, at + pieceBytes)));
    }
    this.#piece = room === 0 ? Buffer.alloc(0) : Buffer.allocUnsafe(Math.max(pieceBytes, room));
    this.#used = 0;
  }
}
