import { readResultStruct } from '../codec/result-struct.ts';
import { ThriftException } from '../codec/thrift-exception.ts';
import { wireType } from '../codec/type-of.ts';
import type { ValueReader, ValueReaders } from '../codec/value-reader.ts';
import type { MethodDef } from '../idl/model.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { MessageType, TType } from '../wire/types.ts';
import { applicationError } from './errors.ts';

/** Reads an application exception, the reply of a library that could not carry the call out. */
export function readApplicationException(r: ProtocolReader): {
  readonly text: string;
  readonly type: number;
} {
  let text = '';
  let type = 0;
  const saved = r.structBegin();
  for (let field = r.field(); field !== 0; field = r.field()) {
    if (r.fieldId === 1 && field === TType.string) text = r.string();
    else if (r.fieldId === 2 && field === TType.i32) type = r.i32();
    else r.skip(field);
  }
  r.structEnd(saved);
  return { text, type };
}

export function readApplicationError(method: MethodDef, r: ProtocolReader): Error {
  const { text, type } = readApplicationException(r);
  return applicationError(method.name, type, text);
}

/** What a method's reply holds, as JavaScript values; throws declared exceptions as ThriftException. */
export function replyReader(
  method: MethodDef,
  readers: ValueReaders,
): (r: ProtocolReader, messageType: number) => unknown {
  const { result } = method;
  const success: { read: ValueReader; type: number } | null =
    result === null ? null : { read: readers.type(result), type: wireType(result) };
  const throws = new Map(method.throws.map((field) => [field.id, { field, read: readers.type(field.type) }]));
  return (r, messageType) => {
    if (messageType === MessageType.exception) throw readApplicationError(method, r);
    let value: unknown;
    let thrown: ThriftException | null = null;
    readResultStruct(method, r, (id, type) => {
      if (id === 0 && success !== null && type === success.type) {
        value = success.read(r);
        return true;
      }
      const declared = throws.get(id);
      if (declared === undefined || type !== TType.struct || declared.field.type.kind !== 'struct')
        return false;
      const fields = declared.read(r) as Record<string, unknown>;
      thrown = new ThriftException(declared.field.type.struct.name, fields);
      return true;
    });
    if (thrown !== null) throw thrown as ThriftException;
    return value;
  };
}
