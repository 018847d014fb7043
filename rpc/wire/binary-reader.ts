import { ByteReader } from './byte-reader.ts';
import type { ProtocolReader } from './protocol.ts';
import { type MessageHead, maxLevels } from './types.ts';
import { malformed } from './wire-error.ts';

/** Fewest bytes a value of each type takes: a container that claims more elements than fit is refused unread. */
const leastSize: readonly number[] = [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 4, 1, 6, 5, 5, 16];

/** The binary protocol, strict and (reading only) without version. */
export class BinaryReader extends ByteReader implements ProtocolReader {
  message(): MessageHead {
    const first = this.i32();
    if (first < 0) {
      if ((first & 0xffff0000) >>> 0 !== 0x80010000) throw malformed('its version is not 1');
      const name = this.string();
      return { name, type: first & 255, seqid: this.i32() };
    }
    if (first > this.end - this.pos) throw malformed('it does not begin with a protocol version');
    const name = this.text(first);
    const type = this.byte();
    return { name, type, seqid: this.i32() };
  }

  structBegin(): number {
    this.deeper();
    return 0;
  }

  structEnd(): void {
    this.depth--;
  }

  field(): number {
    const type = this.u8();
    if (type === 0) return 0;
    this.need(2);
    const { buf, pos } = this;
    this.fieldId = ((buf[pos]! << 24) | (buf[pos + 1]! << 16)) >> 16;
    this.pos = pos + 2;
    return type;
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  i16(): number {
    this.need(2);
    const { buf, pos } = this;
    this.pos = pos + 2;
    return ((buf[pos]! << 24) | (buf[pos + 1]! << 16)) >> 16;
  }

  i32(): number {
    this.need(4);
    const { buf, pos } = this;
    this.pos = pos + 4;
    return (buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!;
  }

  i64(): void {
    this.high = this.i32();
    this.low = this.i32() >>> 0;
  }

  double(): number {
    return this.doubleBigEndian();
  }

  bytes(): number {
    const length = this.i32();
    if (length < 0) throw malformed(`a string has ${length} bytes`);
    this.need(length);
    return length;
  }

  string(): string {
    return this.text(this.bytes());
  }

  list(): number {
    const type = this.u8();
    const size = this.i32();
    this.elementType = type;
    return this.#checked(size, this.#least(type));
  }

  map(): number {
    const keyType = this.u8();
    const valueType = this.u8();
    const size = this.i32();
    this.keyType = keyType;
    this.valueType = valueType;
    return size === 0 ? 0 : this.#checked(size, this.#least(keyType) + this.#least(valueType));
  }

  #least(type: number): number {
    return leastSize[type] ?? 0;
  }

  #checked(size: number, least: number): number {
    if (size < 0) throw malformed(`a container has ${size} elements`);
    if (size === 0) return 0;
    if (least === 0) throw malformed('a container has elements of an unknown type');
    this.need(size * least);
    return size;
  }

  skip(type: number, levels: number = maxLevels): void {
    switch (type) {
      case 2:
      case 3:
        this.need(1);
        this.pos += 1;
        return;
      case 6:
        this.need(2);
        this.pos += 2;
        return;
      case 8:
        this.need(4);
        this.pos += 4;
        return;
      case 4:
      case 10:
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
        this.deeper();
        for (let field = this.field(); field !== 0; field = this.field()) this.skip(field, left);
        this.depth--;
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
