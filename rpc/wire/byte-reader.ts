import { maxLevels, maxMessageDepth } from './types.ts';
import { malformed, Underrun } from './wire-error.ts';

const noBytes = Buffer.alloc(0);
const ieee = new Float64Array(1);
const ieeeBytes = new Uint8Array(ieee.buffer);

/** State and reads that both protocols share. Every read is checked against the end of the message. */
export class ByteReader {
  buf: Buffer = noBytes;
  pos = 0;
  end = 0;
  depth = 0;
  fieldId = 0;
  elementType = 0;
  keyType = 0;
  valueType = 0;
  high = 0;
  low = 0;

  reset(buf: Buffer, start: number, end: number): void {
    this.buf = buf;
    this.pos = start;
    this.end = end;
    this.depth = 0;
    this.fieldId = 0;
  }

  need(count: number): void {
    if (this.pos + count > this.end) throw new Underrun();
  }

  deeper(): void {
    if (++this.depth > maxMessageDepth) throw malformed(`it is nested deeper than ${maxMessageDepth}`);
  }

  u8(): number {
    if (this.pos >= this.end) throw new Underrun();
    return this.buf[this.pos++]!;
  }

  byte(): number {
    return (this.u8() << 24) >> 24;
  }

  doubleBigEndian(): number {
    this.need(8);
    const { buf, pos } = this;
    for (let i = 0; i < 8; i++) ieeeBytes[7 - i] = buf[pos + i]!;
    this.pos = pos + 8;
    return ieee[0]!;
  }

  doubleLittleEndian(): number {
    this.need(8);
    const { buf, pos } = this;
    for (let i = 0; i < 8; i++) ieeeBytes[i] = buf[pos + i]!;
    this.pos = pos + 8;
    return ieee[0]!;
  }

  uuid(): Uint8Array {
    this.need(16);
    const start = this.pos;
    this.pos = start + 16;
    return this.buf.subarray(start, this.pos);
  }

  /** A call of its own: in `this.pos += this.bytes()` the position would be taken before the length is read. */
  skipBytes(count: number): void {
    this.pos += count;
  }

  /** One level less of what may be skipped. */
  shallower(levels: number): number {
    if (levels === 0) throw malformed(`it is nested deeper than ${maxLevels}`);
    return levels - 1;
  }

  /** The text of the next `length` bytes. */
  text(length: number): string {
    const start = this.pos;
    this.pos = start + length;
    if (length < 24) {
      const { buf } = this;
      let text = '';
      for (let i = start; i < this.pos; i++) {
        const code = buf[i]!;
        if (code > 127) return buf.toString('utf8', start, this.pos);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return this.buf.toString('utf8', start, this.pos);
  }
}

/** Doubles are written through the same scratch as they are read. */
export function doubleBytes(value: number): Uint8Array {
  ieee[0] = value;
  return ieeeBytes;
}
