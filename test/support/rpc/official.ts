import { createRequire } from 'node:module';
import type { FieldDef, StructDef, ThriftType } from '../../../rpc/idl/model.ts';

/** The part of the official library's protocols that the oracle uses (it ships no types). */
interface OfficialProtocol {
  writeMessageBegin(name: string, type: number, seqid: number): void;
  writeMessageEnd(): void;
  writeStructBegin(name: string): void;
  writeStructEnd(): void;
  writeFieldBegin(name: string, type: number, id: number): void;
  writeFieldEnd(): void;
  writeFieldStop(): void;
  writeMapBegin(key: number, value: number, size: number): void;
  writeListBegin(element: number, size: number): void;
  writeSetBegin(element: number, size: number): void;
  writeBool(value: boolean): void;
  writeByte(value: number): void;
  writeI16(value: number): void;
  writeI32(value: number): void;
  writeI64(value: unknown): void;
  writeDouble(value: number): void;
  writeString(value: string | Buffer): void;
  writeUuid(value: string): void;
  readStructBegin(): void;
  readFieldBegin(): { ftype: number; fid: number };
  readMapBegin(): { size: number };
  readListBegin(): { size: number };
  readSetBegin(): { size: number };
  readStructEnd(): void;
  readFieldEnd(): void;
  readMapEnd(): void;
  readListEnd(): void;
  readSetEnd(): void;
  readBool(): boolean;
  readByte(): number;
  readI16(): number;
  readI32(): number;
  readI64(): unknown;
  readDouble(): number;
  readString(): string;
  readBinary(): Buffer;
  readUuid(): string;
  flush(): void;
}

interface OfficialTransport {
  flush(): void;
  setProtocolId(id: number): void;
  setSeqId(seqid: number): void;
  setWriteHeader(name: string, value: string): void;
  receiver?: unknown;
}

interface OfficialLibrary {
  readonly TBinaryProtocol: new (transport: OfficialTransport) => OfficialProtocol;
  readonly TCompactProtocol: new (transport: OfficialTransport) => OfficialProtocol;
  readonly THeaderProtocol: new (transport: OfficialTransport) => OfficialProtocol;
  readonly TFramedTransport: new (bytes: undefined, onFlush: (bytes: Buffer) => void) => OfficialTransport;
  readonly TBufferedTransport: {
    new (bytes: undefined, onFlush: (bytes: Buffer) => void): OfficialTransport;
    receiver(callback: (transport: OfficialTransport) => void): (bytes: Buffer) => void;
  };
  readonly Int64: new (bytes: Buffer) => unknown;
  readonly toBigInt: (value: unknown) => bigint;
}

const require = createRequire(import.meta.url);
export const official = require('thrift') as OfficialLibrary;

const typeNumbers: Readonly<Record<ThriftType['kind'], number>> = {
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  enum: 8,
  i64: 10,
  string: 11,
  binary: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
  uuid: 16,
};

/** Writes a struct with the official library, driven by the IDL as generated code would be. */
export function officialBytes(struct: StructDef, value: unknown, protocol: 'binary' | 'compact'): Buffer {
  let bytes = Buffer.alloc(0);
  const transport = new official.TBufferedTransport(undefined, (flushed) => {
    bytes = Buffer.concat([bytes, flushed]);
  });
  const p = new (protocol === 'binary' ? official.TBinaryProtocol : official.TCompactProtocol)(transport);
  writeStruct(p, struct, value as Record<string, unknown>);
  transport.flush();
  return bytes;
}

export interface MessageParts {
  readonly name: string;
  readonly type: number;
  readonly seqid: number;
  readonly struct: StructDef;
  readonly value: Record<string, unknown>;
}

/** A whole frame as the official library writes it. */
export function officialFrame(
  message: MessageParts,
  protocol: 'binary' | 'compact',
  headers: Readonly<Record<string, string>> | null,
): Buffer {
  let bytes = Buffer.alloc(0);
  const onFlush = (flushed: Buffer) => {
    bytes = Buffer.concat([bytes, flushed]);
  };
  const transport =
    headers === null
      ? new official.TFramedTransport(undefined, onFlush)
      : new official.TBufferedTransport(undefined, onFlush);
  if (headers !== null) {
    transport.setProtocolId(protocol === 'binary' ? 0 : 2);
    transport.setSeqId(message.seqid);
    for (const [name, value] of Object.entries(headers)) transport.setWriteHeader(name, value);
  }
  const plain = protocol === 'binary' ? official.TBinaryProtocol : official.TCompactProtocol;
  const p = new (headers === null ? plain : official.THeaderProtocol)(transport);
  p.writeMessageBegin(message.name, message.type, message.seqid);
  writeStruct(p, message.struct, message.value);
  p.writeMessageEnd();
  p.flush();
  return bytes;
}

/** Reads a struct with the official library. */
export function officialValue(struct: StructDef, bytes: Buffer, protocol: 'binary' | 'compact'): unknown {
  let value: unknown;
  official.TBufferedTransport.receiver((transport) => {
    const p = new (protocol === 'binary' ? official.TBinaryProtocol : official.TCompactProtocol)(transport);
    value = readStruct(p, struct);
  })(bytes);
  return value;
}

function writeStruct(p: OfficialProtocol, struct: StructDef, value: Record<string, unknown>): void {
  p.writeStructBegin(struct.name);
  for (const field of struct.fields) {
    if (value[field.name] === undefined) continue;
    p.writeFieldBegin(field.name, typeNumbers[field.type.kind], field.id);
    writeValue(p, field.type, value[field.name]);
    p.writeFieldEnd();
  }
  p.writeFieldStop();
  p.writeStructEnd();
}

function writeValue(p: OfficialProtocol, type: ThriftType, value: unknown): void {
  switch (type.kind) {
    case 'bool':
      p.writeBool(value as boolean);
      return;
    case 'byte':
      p.writeByte(value as number);
      return;
    case 'i16':
      p.writeI16(value as number);
      return;
    case 'i32':
    case 'enum':
      p.writeI32(value as number);
      return;
    case 'i64': {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(value as number | bigint));
      p.writeI64(new official.Int64(bytes));
      return;
    }
    case 'double':
      p.writeDouble(value as number);
      return;
    case 'string':
    case 'binary':
      p.writeString(value as string | Buffer);
      return;
    case 'list':
      p.writeListBegin(typeNumbers[type.element.kind], (value as unknown[]).length);
      for (const element of value as unknown[]) writeValue(p, type.element, element);
      return;
    case 'set':
      p.writeSetBegin(typeNumbers[type.element.kind], (value as Set<unknown>).size);
      for (const element of value as Set<unknown>) writeValue(p, type.element, element);
      return;
    case 'map': {
      const map = value as Map<unknown, unknown>;
      p.writeMapBegin(typeNumbers[type.key.kind], typeNumbers[type.value.kind], map.size);
      for (const [key, member] of map) {
        writeValue(p, type.key, key);
        writeValue(p, type.value, member);
      }
      return;
    }
    case 'struct':
      writeStruct(p, type.struct, value as Record<string, unknown>);
      return;
    case 'uuid':
      p.writeUuid(value as string);
      return;
  }
}

function readStruct(p: OfficialProtocol, struct: StructDef): Record<string, unknown> {
  const byId = new Map<number, FieldDef>(struct.fields.map((field) => [field.id, field]));
  const value: Record<string, unknown> = {};
  p.readStructBegin();
  for (;;) {
    const { ftype, fid } = p.readFieldBegin();
    if (ftype === 0) break;
    const field = byId.get(fid);
    if (field === undefined || typeNumbers[field.type.kind] !== ftype)
      throw new Error(`unexpected field ${fid}`);
    value[field.name] = readValue(p, field.type);
    p.readFieldEnd();
  }
  p.readStructEnd();
  return value;
}

/** The library's compact protocol reads every bool inside a container as false, so its byte is read instead. */
function readElement(p: OfficialProtocol, type: ThriftType): unknown {
  return type.kind === 'bool' ? p.readByte() === 1 : readValue(p, type);
}

function readValue(p: OfficialProtocol, type: ThriftType): unknown {
  switch (type.kind) {
    case 'bool':
      return p.readBool();
    case 'byte':
      return p.readByte();
    case 'i16':
      return p.readI16();
    case 'i32':
    case 'enum':
      return p.readI32();
    case 'i64': {
      const exact = official.toBigInt(p.readI64());
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    case 'double':
      return p.readDouble();
    case 'string':
      return p.readString();
    case 'binary':
      return Buffer.from(p.readBinary());
    case 'list': {
      const { size } = p.readListBegin();
      const values = Array.from({ length: size }, () => readElement(p, type.element));
      p.readListEnd();
      return values;
    }
    case 'set': {
      const { size } = p.readSetBegin();
      const values = Array.from({ length: size }, () => readElement(p, type.element));
      p.readSetEnd();
      return new Set(values);
    }
    case 'map': {
      const { size } = p.readMapBegin();
      const map = new Map<unknown, unknown>();
      for (let i = 0; i < size; i++) {
        const key = readElement(p, type.key);
        map.set(key, readElement(p, type.value));
      }
      p.readMapEnd();
      return map;
    }
    case 'struct':
      return readStruct(p, type.struct);
    case 'uuid':
      return p.readUuid();
  }
}
