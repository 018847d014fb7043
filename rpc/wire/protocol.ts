import type { ByteWriter } from './byte-writer.ts';
import type { MessageHead } from './types.ts';

/**
 * What the codecs write to. Both protocols have it, so each codec is compiled once. `field` and the container heads take
 * type numbers of the binary protocol.
 */
export interface ProtocolWriter extends ByteWriter {
  message(name: string, type: number, seqid: number): void;
  /** Returns what `structEnd` wants back. */
  structBegin(): number;
  structEnd(saved: number): void;
  field(type: number, id: number): void;
  boolField(id: number, value: boolean): void;
  stop(): void;
  bool(value: boolean): void;
  byte(value: number): void;
  i16(value: number): void;
  i32(value: number): void;
  /** high: signed upper half; low: lower half, its sign ignored. */
  i64(high: number, low: number): void;
  double(value: number): void;
  string(value: string): void;
  binary(value: Uint8Array): void;
  uuid(value: Uint8Array): void;
  /** Head of a list or set. */
  list(elementType: number, size: number): void;
  map(keyType: number, valueType: number, size: number): void;
}

/** What the codecs read from. */
export interface ProtocolReader {
  buf: Buffer;
  pos: number;
  end: number;
  depth: number;
  /** Id of the field whose type `field()` returned. */
  fieldId: number;
  /** Types of the container whose size `list()` or `map()` returned. */
  elementType: number;
  keyType: number;
  valueType: number;
  /** Halves of the number that `i64()` read: high is signed, low is unsigned. */
  high: number;
  low: number;
  reset(buf: Buffer, start: number, end: number): void;
  message(): MessageHead;
  structBegin(): number;
  structEnd(saved: number): void;
  /** Type of the next field, 0 at the end. */
  field(): number;
  bool(): boolean;
  byte(): number;
  i16(): number;
  i32(): number;
  i64(): void;
  double(): number;
  string(): string;
  /** Length of a string or binary; its bytes start at `pos`, and the caller moves `pos` past them. */
  bytes(): number;
  uuid(): Uint8Array;
  list(): number;
  map(): number;
  skip(type: number): void;
}
