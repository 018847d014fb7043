import { readApplicationError } from '../client/reply-reader.ts';
import { defaultBytes } from '../codec/default-bytes.ts';
import { int64Text, int64Value } from '../codec/int64.ts';
import { readResultStruct } from '../codec/result-struct.ts';
import { wireType } from '../codec/type-of.ts';
import type { MethodBinding, ReplyBinding } from '../http/binding.ts';
import { annotation, type FieldDef, namesOf, type StructDef, type ThriftType } from '../idl/model.ts';
import { uuidText } from '../idl/uuid.ts';
import { isoDate } from '../json/iso-date.ts';
import type { JsonOut } from '../json/json-out.ts';
import { leafOptions } from '../json/leaf-options.ts';
import type { JsonFromThrift, JsonFromThriftCompiler, Sink } from '../json/thrift-to-json.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { MessageType, TType } from '../wire/types.ts';
import { malformed } from '../wire/wire-error.ts';

/** What a reply became: the JSON text, headers and status are in the JsonOut. */
export interface ReplyKind {
  readonly status: number;
  /** False: the body is empty whatever the JsonOut holds. */
  readonly hasBody: boolean;
  /** The type of a body that is taken as it is, unless a header says another; null for JSON. */
  readonly rawType: string | null;
  readonly isException: boolean;
}

/**
 * Compiles the function that reads a reply's message into `out`. Throws what the service's library raised, and malformed
 * replies.
 */
export function replyWriter(
  binding: MethodBinding,
  json: JsonFromThriftCompiler,
): (r: ProtocolReader, messageType: number, out: JsonOut) => ReplyKind {
  const { method, reply } = binding;
  const success =
    method.result === null || reply === null
      ? null
      : { type: wireType(method.result), write: bodyWriter(method.result, reply, json) };
  const normal: ReplyKind = {
    status: binding.status,
    hasBody: reply !== null && hasBody(reply),
    rawType: rawType(reply),
    isException: false,
  };
  const throws = new Map(
    binding.throws.map((thrown) => [
      thrown.field.id,
      {
        write: bodyWriter(thrown.field.type, thrown.reply, json),
        kind: {
          status: thrown.status,
          hasBody: hasBody(thrown.reply),
          rawType: rawType(thrown.reply),
          isException: true,
        } satisfies ReplyKind,
      },
    ]),
  );
  return (r, messageType, out) => {
    if (messageType === MessageType.exception) throw readApplicationError(method, r);
    let kind = normal;
    readResultStruct(method, r, (id, type) => {
      if (id === 0) {
        if (success === null || type !== success.type) return false;
        success.write(r, out);
        return true;
      }
      const thrown = throws.get(id);
      if (thrown === undefined || type !== TType.struct) return false;
      thrown.write(r, out);
      kind = thrown.kind;
      return true;
    });
    return kind;
  };
}

function hasBody(reply: ReplyBinding): boolean {
  // A struct of no fields is `{}`; a struct whose fields all go elsewhere has no body.
  return (
    reply.struct === null ||
    reply.struct.fields.length === 0 ||
    reply.members.length > 0 ||
    reply.wholeBody !== null ||
    reply.rawBody !== null
  );
}

function rawType(reply: ReplyBinding | null): string | null {
  if (reply === null || reply.rawBody === null) return null;
  return reply.rawBody.type.kind === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

function bodyWriter(type: ThriftType, reply: ReplyBinding, json: JsonFromThriftCompiler): JsonFromThrift {
  if (reply.struct === null) return json.type(type);
  const sinks = sinksOf(reply.struct, reply, json);
  if (sinks.length === 0 && reply.members.length === reply.struct.fields.length)
    return json.struct(reply.struct);
  const members = reply.members.filter((field) => field !== reply.rawBody);
  const write = json.body(reply.struct, members, sinks);
  if (members.length > 0 || reply.struct.fields.length === 0) return write;
  const { wholeBody } = reply;
  return (r, out) => {
    const start = out.pos;
    write(r, out);
    if (wholeBody !== null && out.pos === start) out.ascii('null');
  };
}

/** One function for each field that goes beside the body; a field may go to several places. */
function sinksOf(struct: StructDef, reply: ReplyBinding, json: JsonFromThriftCompiler): Sink[] {
  const byField = new Map<FieldDef, JsonFromThrift[]>();
  const add = (field: FieldDef | null, read: (field: FieldDef) => JsonFromThrift): void => {
    if (field === null || reply.members.includes(field)) return;
    byField.set(field, [...(byField.get(field) ?? []), read(field)]);
  };
  for (const { field, name } of reply.headers) add(field, () => headerSink(field, (value) => [name, value]));
  for (const { field, name } of reply.cookies) {
    add(field, () => headerSink(field, (value) => ['Set-Cookie', `${name}=${value}`]));
  }
  add(reply.status, (field) => (r, out) => {
    out.status = field.type.kind === 'i16' ? r.i16() : r.i32();
    if (out.status < 200 || out.status > 599) throw malformed(`${out.status} is no status`);
  });
  add(reply.rawBody, () => (r, out) => {
    const length = r.bytes();
    out.rawBody = Buffer.from(r.buf.subarray(r.pos, r.pos + length));
    r.pos += length;
  });
  add(reply.next, () => (r, out) => {
    out.next = r.string() || null;
  });
  add(reply.wholeBody, (field) =>
    json.type(field.type, leafOptions([...field.type.annotations, ...field.annotations])),
  );
  return [...byField].map(([field, reads]) => {
    const read = reads.length === 1 ? reads[0]! : inTurn(reads);
    return { id: field.id, wireType: wireType(field.type), read, unset: unsetSink(struct, field, read) };
  });
}

function inTurn(reads: readonly JsonFromThrift[]): JsonFromThrift {
  return (r, out) => {
    const { pos } = r;
    for (const read of reads) {
      r.pos = pos;
      read(r, out);
    }
  };
}

function unsetSink(struct: StructDef, field: FieldDef, read: JsonFromThrift): Sink['unset'] {
  if (field.defaultValue !== undefined) {
    const bytes = defaultBytes(field);
    const r = new BinaryReader();
    return (out) => {
      r.reset(bytes, 0, bytes.length);
      read(r, out);
    };
  }
  if (field.requiredness !== 'required') return null;
  return () => {
    throw malformed(`${struct.name}.${field.name} is missing`);
  };
}

function headerSink(field: FieldDef, pair: (value: string) => [string, string]): JsonFromThrift {
  const push = (out: JsonOut, value: string): void => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw malformed(`${field.name} is no value of a header`);
    out.headers.push(...pair(value));
  };
  const { type } = field;
  if (type.kind === 'list' || type.kind === 'set') {
    const read = scalarReader(type.element, field);
    const expected = wireType(type.element);
    const sizeOf = (r: ProtocolReader): number => {
      const size = r.list();
      if (size > 0 && r.elementType !== expected) throw malformed('a container has elements of another type');
      return size;
    };
    if (annotation(field.annotations, 'api.list') === 'comma') {
      return (r, out) => {
        const size = sizeOf(r);
        const values: string[] = [];
        for (let i = 0; i < size; i++) values.push(read(r));
        if (size > 0) push(out, values.join(', '));
      };
    }
    return (r, out) => {
      const size = sizeOf(r);
      for (let i = 0; i < size; i++) push(out, read(r));
    };
  }
  const read = scalarReader(type, field);
  return (r, out) => push(out, read(r));
}

function scalarReader(type: ThriftType, field: FieldDef): (r: ProtocolReader) => string {
  switch (type.kind) {
    case 'bool':
      return (r) => String(r.bool());
    case 'byte':
      return (r) => String(r.byte());
    case 'i16':
      return (r) => String(r.i16());
    case 'i32':
      return (r) => String(r.i32());
    case 'i64':
      return leafOptions([...type.annotations, ...field.annotations]).i64AsDate
        ? (r) => {
            r.i64();
            const text = isoDate(int64Value(r));
            if (text === null) throw malformed(`${field.name} is no date`);
            return text;
          }
        : (r) => {
            r.i64();
            return int64Text(r);
          };
    case 'double':
      return (r) => {
        const value = r.double();
        if (!Number.isFinite(value)) throw malformed(`${field.name} is no value of a header`);
        return String(value);
      };
    case 'uuid':
      return (r) => uuidText(r.uuid());
    case 'enum': {
      const byName = leafOptions([...type.annotations, ...field.annotations]).enum === 'name';
      const names = namesOf(type.enum);
      return (r) => {
        const value = r.i32();
        if (!byName) return String(value);
        const name = names.get(value);
        if (name === undefined) throw malformed(`${type.enum.name} has no member of the value ${value}`);
        return name;
      };
    }
    default:
      return (r) => r.string();
  }
}
