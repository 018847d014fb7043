import { ByteReader } from './byte-reader.ts';
import { binaryType } from './compact-types.ts';
import type { ProtocolReader } from './protocol.ts';
import { type MessageHead, maxLevels } from './types.ts';
import { malformed } from './wire-error.ts';

/** The compact protocol, version 1. */
export class CompactReader extends ByteReader implements ProtocolReader {
  #lastId = 0;
  /** Value of the bool field just read: 1, 2, or 0 for none. It stands in the field's head. */
  #boolHead = 0;

  override reset(buf: Buffer, start: number, end: number): void {
    super.reset(buf, start, end);
    this.#lastId = 0;
    this.#boolHead = 0;
  }

  message(): MessageHead {
    if (this.u8() !== 0x82) throw malformed('it does not begin as the compact protocol does');
    const second = this.u8();
    if ((second & 31) !== 1) throw malformed('its version is not 1');
    const seqid = this.varint() | 0;
    return { name: this.string(), type: second >> 5, seqid };
  }

  structBegin(): number {
    this.deeper();
    const saved = this.#lastId;
    this.#lastId = 0;
    return saved;
  }

  structEnd(saved: number): void {
    this.#lastId = saved;
    this.depth--;
  }

  field(): number {
    const head = this.u8();
    const type = head & 15;
    if (type === 0) return 0;
    const delta = head >> 4;
    this.fieldId = delta === 0 ? this.i16() : ((this.#lastId + delta) << 16) >> 16;
    this.#lastId = this.fieldId;
    this.#boolHead = type <= 2 ? type : 0;
    return this.#binary(type);
  }

  bool(): boolean {
    if (this.#boolHead !== 0) {
      const value = this.#boolHead === 1;
      this.#boolHead = 0;
      return value;
    }
    return this.u8() === 1;
  }

  i16(): number {
    return (this.i32() << 16) >> 16;
  }

  i32(): number {
    const value = this.varint();
    return (value >>> 1) ^ -(value & 1);
  }

  i64(): void {
    let lower = 0;
    let upper = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) throw malformed('a varint has more than ten bytes');
      const byte = this.u8();
      const bits = byte & 127;
      if (shift < 28) lower |= bits << shift;
      else if (shift === 28) {
        lower |= bits << 28;
        upper |= bits >> 4;
      } else upper |= bits << (shift - 32);
      if (byte < 128) break;
    }
    // Zigzag back: (n >>> 1) ^ -(n & 1).
    const sign = -(lower & 1);
    this.low = (((lower >>> 1) | (upper << 31)) ^ sign) >>> 0;
    this.high = (upper >>> 1) ^ sign;
  }

  double(): number {
    return this.doubleLittleEndian();
  }

  bytes(): number {
    const length = this.varint();
    this.need(length);
    return length;
  }

  string(): string {
    return this.text(this.bytes());
  }

  list(): number {
    const head = this.u8();
    const size = head >> 4 === 15 ? this.varint() : head >> 4;
    const type = head & 15;
    this.elementType = this.#binary(type);
    // Doubles and UUIDs are fixed; nothing else is shorter than a byte.
    this.need(size * leastSize(type));
    return size;
  }

  map(): number {
    const size = this.varint();
    if (size === 0) {
      this.keyType = 0;
      this.valueType = 0;
      return 0;
    }
    const types = this.u8();
    this.keyType = this.#binary(types >> 4);
    this.valueType = this.#binary(types & 15);
    this.need(size * (leastSize(types >> 4) + leastSize(types & 15)));
    return size;
  }

  #binary(type: number): number {
    const found = binaryType[type];
    if (found === undefined || found === 0) throw malformed(`it has a value of unknown type ${type}`);
    return found;
  }

  /** An unsigned 32-bit varint. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw malformed('a varint has more than five bytes');
  }

  skip(type: number, levels: number = maxLevels): void {
    switch (type) {
      case 2:
        this.bool();
        return;
      case 3:
        this.u8();
        return;
      case 6:
      case 8:
        this.varint();
        return;
      case 10:
        this.i64();
        return;
      case 4:
        this.need(8);
        this.pos += 8;
        return;
      case 16:
        this.need(16);
        this.pos += 16;
        return;
      case 11:
        this.skipBytes(this.bytes());
        return;
      case 12: {
        const left = this.shallower(levels);
        const saved = this.structBegin();
        for (let field = this.field(); field !== 0; field = this.field()) this.skip(field, left);
        this.structEnd(saved);
        return;
      }
      case 13: {
        const size = this.map();
        const { keyType, valueType } = this;
        const left = this.shallower(levels);
        for (let i = 0; i < size; i++) {
          this.skip(keyType, left);
          this.skip(valueType, left);
        }
        return;
      }
      case 14:
      case 15: {
        const size = this.list();
        const { elementType } = this;
        const left = this.shallower(levels);
        for (let i = 0; i < size; i++) this.skip(elementType, left);
        return;
      }
      default:
        throw malformed(`it has a value of unknown type ${type}`);
    }
  }
}

function leastSize(type: number): number {
  return type === 7 ? 8 : type === 13 ? 16 : 1;
}
