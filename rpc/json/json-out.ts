import { ByteWriter } from '../wire/byte-writer.ts';

/** Bytes that JSON strings escape: control characters, the quote and the backslash. */
const escaped = new Uint8Array(256);
for (let i = 0; i < 32; i++) escaped[i] = 1;
escaped[34] = 1;
escaped[92] = 1;

const shortEscapes = new Map([
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
  [34, '"'],
  [92, '\\'],
]);
const hex = '0123456789abcdef';

/** Where a reply is collected: the JSON text, byte for byte as JSON.stringify prints it, and what travels beside it. */
export class JsonOut extends ByteWriter {
  headers: string[] = [];
  status = 0;
  /** What a code in the body stands for (`api.code_status`). */
  codeStatus = 0;
  rawBody: Buffer | null = null;
  /** What the next piece of a stream is asked by. */
  next: string | null = null;

  override reset(): void {
    super.reset();
    this.forgetBesides();
  }

  /** Drops what was collected beside the JSON text. */
  forgetBesides(): void {
    this.headers = [];
    this.status = 0;
    this.codeStatus = 0;
    this.rawBody = null;
    this.next = null;
  }

  /** A JSON string of UTF-8 bytes. */
  stringBytes(from: Buffer, start: number, end: number): void {
    this.ensure(end - start + 2);
    let { buf, pos } = this;
    buf[pos++] = 34;
    for (let i = start; i < end; i++) {
      const byte = from[i]!;
      if (escaped[byte] === 0) {
        buf[pos++] = byte;
        continue;
      }
      this.pos = pos;
      this.#escape(byte, end - i);
      ({ buf, pos } = this);
    }
    buf[pos++] = 34;
    this.pos = pos;
  }

  #escape(byte: number, rest: number): void {
    // Room for this escape, for all that is left, and for the closing quote.
    this.ensure(6 + rest + 1);
    const short = shortEscapes.get(byte);
    const text = short === undefined ? `u00${hex[byte >> 4]}${hex[byte & 15]}` : short;
    this.buf[this.pos++] = 92;
    for (let i = 0; i < text.length; i++) this.buf[this.pos++] = text.charCodeAt(i);
  }

  /** Text of ASCII only. */
  ascii(text: string): void {
    const { length } = text;
    this.ensure(length);
    const { buf } = this;
    let { pos } = this;
    for (let i = 0; i < length; i++) buf[pos++] = text.charCodeAt(i);
    this.pos = pos;
  }

  /** A signed 32-bit integer. */
  int(value: number): void {
    this.ensure(11);
    if (value < 0) {
      if (value === -2147483648) {
        this.ascii('-2147483648');
        return;
      }
      this.buf[this.pos++] = 45;
      this.uint(-value);
    } else {
      this.uint(value);
    }
  }

  /** An integer from 0 to 2^32 - 1. */
  uint(value: number): void {
    this.ensure(10);
    let digits = 1;
    for (let ten = 10; digits < 10 && value >= ten; ten *= 10) digits++;
    const { buf } = this;
    const end = this.pos + digits;
    for (let i = end - 1; i >= this.pos; i--) {
      const rest = Math.floor(value / 10);
      buf[i] = 48 + (value - rest * 10);
      value = rest;
    }
    this.pos = end;
  }

  /** The bytes as they are. */
  slice(from: Buffer, start: number, end: number): void {
    this.ensure(end - start);
    from.copy(this.buf, this.pos, start, end);
    this.pos += end - start;
  }
}
