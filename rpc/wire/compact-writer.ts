import { doubleBytes } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { compactType } from './compact-types.ts';
import type { ProtocolWriter } from './protocol.ts';

/** The compact protocol, version 1. */
export class CompactWriter extends ByteWriter implements ProtocolWriter {
  #lastId = 0;

  message(name: string, type: number, seqid: number): void {
    this.#lastId = 0;
    this.u8(0x82);
    this.u8(1 | (type << 5));
    this.varint(seqid);
    this.string(name);
  }

  structBegin(): number {
    const saved = this.#lastId;
    this.#lastId = 0;
    return saved;
  }

  structEnd(saved: number): void {
    this.#lastId = saved;
  }

  field(type: number, id: number): void {
    this.#head(compactType[type]!, id);
  }

  boolField(id: number, value: boolean): void {
    this.#head(value ? 1 : 2, id);
  }

  #head(type: number, id: number): void {
    const delta = id - this.#lastId;
    this.#lastId = id;
    if (delta > 0 && delta <= 15) {
      this.u8((delta << 4) | type);
    } else {
      this.u8(type);
      this.i16(id);
    }
  }

  stop(): void {
    this.u8(0);
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 2);
  }

  byte(value: number): void {
    this.u8(value & 255);
  }

  i16(value: number): void {
    this.varint((value << 1) ^ (value >> 31));
  }

  i32(value: number): void {
    this.varint((value << 1) ^ (value >> 31));
  }

  i64(high: number, low: number): void {
    // Zigzag over both halves: (n << 1) ^ (n >> 63).
    const sign = high >> 31;
    let upper = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    let lower = ((low << 1) ^ sign) >>> 0;
    this.ensure(10);
    const { buf } = this;
    let { pos } = this;
    while (upper !== 0) {
      buf[pos++] = (lower & 127) | 128;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.pos = pos;
    this.varint(lower);
  }

  double(value: number): void {
    this.rawBytes(doubleBytes(value));
  }

  string(value: string): void {
    // The length stands before the text and is a varint: short texts cannot take more than one byte for it.
    if (value.length <= 42) {
      this.u8(0);
      const at = this.pos - 1;
      const length = this.utf8(value);
      // Only now: writing the text may have moved everything to a bigger buffer.
      this.buf[at] = length;
    } else {
      this.varint(Buffer.byteLength(value));
      this.utf8(value);
    }
  }

  binary(value: Uint8Array): void {
    this.varint(value.length);
    this.rawBytes(value);
  }

  uuid(value: Uint8Array): void {
    this.rawBytes(value);
  }

  list(elementType: number, size: number): void {
    const type = compactType[elementType]!;
    if (size < 15) {
      this.u8((size << 4) | type);
    } else {
      this.u8(0xf0 | type);
      this.varint(size);
    }
  }

  map(keyType: number, valueType: number, size: number): void {
    this.varint(size);
    if (size > 0) this.u8((compactType[keyType]! << 4) | compactType[valueType]!);
  }

  /** An unsigned 32-bit varint. */
  varint(value: number): void {
    this.ensure(5);
    const { buf } = this;
    let { pos } = this;
    let rest = value >>> 0;
    while (rest > 127) {
      buf[pos++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buf[pos++] = rest;
    this.pos = pos;
  }
}
