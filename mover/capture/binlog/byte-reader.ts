/**
 * Reads one event's bytes in order. Integers are little-endian unless said otherwise (MySQL internals manual, "Binary Log
 * Event"). Reading past the end throws RangeError: no event is guessed.
 */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;
  readonly end: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Of up to six bytes. */
  uint(bytes: number): number {
    let at = this.#take(bytes) + bytes;
    let value = 0;
    for (let left = bytes; left > 0; left -= 1) {
      at -= 1;
      value = value * 256 + (this.buffer[at] as number);
    }
    return value;
  }

  uint64(): bigint {
    return this.buffer.readBigUInt64LE(this.#take(8));
  }

  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.buffer.subarray(start, start + length);
  }

  text(length: number): string {
    return this.bytes(length).toString('utf8');
  }

  /** Each byte as one character. */
  latin1(length: number): string {
    const start = this.#take(length);
    return this.buffer.toString('latin1', start, start + length);
  }

  /** A length-encoded integer. */
  packed(): number {
    const first = this.uint(1);
    if (first < 251) return first;
    if (first === 252) return this.uint(2);
    if (first === 253) return this.uint(3);
    return Number(this.uint64());
  }

  #take(bytes: number): number {
    const start = this.at;
    if (bytes < 0 || start + bytes > this.end) throw new RangeError('the event ends before its last field');
    this.at += bytes;
    return start;
  }
}
