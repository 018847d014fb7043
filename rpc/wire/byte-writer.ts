import { malformed } from './wire-error.ts';

/** A growing buffer that is written from the front and reused from message to message. */
export class ByteWriter {
  buf: Buffer;
  pos = 0;
  /** Nesting while a value is written: guards against recursive values that never end. */
  depth = 0;
  /** Largest size it may grow to, in bytes. */
  readonly limit: number;

  constructor(size = 4096, limit = 256 * 1024 * 1024) {
    this.buf = Buffer.allocUnsafeSlow(size);
    this.limit = limit;
  }

  reset(): void {
    this.pos = 0;
    this.depth = 0;
    // One huge message must not hold its memory for ever.
    if (this.buf.length > 4 * 1024 * 1024) this.buf = Buffer.allocUnsafeSlow(4096);
  }

  /** A copy of what was written since `from`. */
  copy(from = 0): Buffer {
    const made = Buffer.allocUnsafe(this.pos - from);
    this.buf.copy(made, 0, from, this.pos);
    return made;
  }

  ensure(more: number): void {
    if (this.pos + more > this.buf.length) this.#grow(more);
  }

  #grow(more: number): void {
    const need = this.pos + more;
    if (need > this.limit) throw malformed(`it is longer than ${this.limit} bytes`);
    const bigger = Buffer.allocUnsafeSlow(Math.min(this.limit, Math.max(need, this.buf.length * 2)));
    this.buf.copy(bigger, 0, 0, this.pos);
    this.buf = bigger;
  }

  u8(value: number): void {
    if (this.pos === this.buf.length) this.#grow(1);
    this.buf[this.pos++] = value;
  }

  rawBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.ensure(length);
    if (length <= 24) {
      const { buf } = this;
      let { pos } = this;
      for (let i = 0; i < length; i++) buf[pos++] = bytes[i]!;
      this.pos = pos;
    } else {
      this.buf.set(bytes, this.pos);
      this.pos += length;
    }
  }

  setI32(at: number, value: number): void {
    const { buf } = this;
    buf[at] = value >>> 24;
    buf[at + 1] = value >>> 16;
    buf[at + 2] = value >>> 8;
    buf[at + 3] = value;
  }

  /** Writes the text as UTF-8 and returns its length in bytes. Short ASCII is faster in JavaScript than in a native call. */
  utf8(text: string): number {
    const { length } = text;
    this.ensure(length * 3);
    const { buf } = this;
    const start = this.pos;
    if (length < 40) {
      let pos = start;
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) return this.#nativeUtf8(text, start);
        buf[pos++] = code;
      }
      this.pos = pos;
      return length;
    }
    return this.#nativeUtf8(text, start);
  }

  #nativeUtf8(text: string, start: number): number {
    const written = this.buf.write(text, start, 'utf8');
    this.pos = start + written;
    return written;
  }
}
