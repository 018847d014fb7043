import { doubleBytes } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ProtocolWriter } from './protocol.ts';

/** The strict binary protocol. */
export class BinaryWriter extends ByteWriter implements ProtocolWriter {
  message(name: string, type: number, seqid: number): void {
    this.i32((0x80010000 | type) >> 0);
    this.string(name);
    this.i32(seqid);
  }

  structBegin(): number {
    return 0;
  }

  structEnd(): void {}

  field(type: number, id: number): void {
    this.ensure(3);
    const { buf, pos } = this;
    buf[pos] = type;
    buf[pos + 1] = id >> 8;
    buf[pos + 2] = id;
    this.pos = pos + 3;
  }

  boolField(id: number, value: boolean): void {
    this.field(2, id);
    this.u8(value ? 1 : 0);
  }

  stop(): void {
    this.u8(0);
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  byte(value: number): void {
    this.u8(value & 255);
  }

  i16(value: number): void {
    this.ensure(2);
    this.buf[this.pos] = value >> 8;
    this.buf[this.pos + 1] = value;
    this.pos += 2;
  }

  i32(value: number): void {
    this.ensure(4);
    this.setI32(this.pos, value);
    this.pos += 4;
  }

  i64(high: number, low: number): void {
    this.ensure(8);
    this.setI32(this.pos, high);
    this.setI32(this.pos + 4, low);
    this.pos += 8;
  }

  double(value: number): void {
    this.ensure(8);
    const bytes = doubleBytes(value);
    const { buf, pos } = this;
    for (let i = 0; i < 8; i++) buf[pos + i] = bytes[7 - i]!;
    this.pos = pos + 8;
  }

  string(value: string): void {
    this.ensure(4);
    const at = this.pos;
    this.pos = at + 4;
    this.setI32(at, this.utf8(value));
  }

  binary(value: Uint8Array): void {
    this.i32(value.length);
    this.rawBytes(value);
  }

  uuid(value: Uint8Array): void {
    this.rawBytes(value);
  }

  list(elementType: number, size: number): void {
    this.u8(elementType);
    this.i32(size);
  }

  map(keyType: number, valueType: number, size: number): void {
    this.u8(keyType);
    this.u8(valueType);
    this.i32(size);
  }
}
