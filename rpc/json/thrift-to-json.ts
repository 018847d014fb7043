import { defaultBytes } from '../codec/default-bytes.ts';
import { CompiledStructs, indexById, wireType } from '../codec/type-of.ts';
import type { FieldDef, StructDef, ThriftType } from '../idl/model.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { TType } from '../wire/types.ts';
import { malformed } from '../wire/wire-error.ts';
import { codeReader, codeStatuses } from './code-status.ts';
import { JsonOut } from './json-out.ts';
import { type JsonStyle, memberOf, plainStyle } from './json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from './leaf-options.ts';
import { mapKeyToJson, scalarToJson } from './scalar-to-json.ts';

export type JsonFromThrift = (r: ProtocolReader, out: JsonOut) => void;

interface Member {
  readonly name: string;
  readonly rank: number;
  readonly wireType: number;
  /** `,"name":` */
  readonly key: Uint8Array;
  readonly write: JsonFromThrift;
  /** `,"name":null` or `,"name":<default>`, written where the field is unset. */
  readonly unset: Uint8Array | null;
  readonly required: boolean;
}

/** A field that goes elsewhere than into the body: to a header, the status, … */
export interface Sink {
  readonly id: number;
  readonly wireType: number;
  readonly read: JsonFromThrift;
  /** What is done where the field is unset, if anything is. */
  readonly unset: ((out: JsonOut) => void) | null;
}

const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');

/**
 * Compiles functions that turn Thrift bytes into JSON bytes in one pass, without a JavaScript value in between. Members
 * stand in IDL order; a service that sends its fields in another order costs a second pass over that struct.
 */
export class JsonFromThriftCompiler {
  readonly #structs = new CompiledStructs<JsonFromThrift>();
  readonly #style: JsonStyle;

  constructor(style: JsonStyle = plainStyle) {
    this.#style = style;
  }

  /** `options` are those of the field (or method) around the type. */
  type(type: ThriftType, options: LeafOptions = leafOptions(type.annotations)): JsonFromThrift {
    switch (type.kind) {
      case 'list':
      case 'set':
        return this.#list(type.element, options);
      case 'map':
        return this.#map(type.key, type.value, options);
      case 'struct':
        return this.struct(type.struct);
      default:
        return scalarToJson(type, this.#style.nanAsNull ? { ...options, nanAsNull: true } : options);
    }
  }

  #list(element: ThriftType, options: LeafOptions): JsonFromThrift {
    const write = this.type(element, inheritedOptions(options, element.annotations));
    const expected = wireType(element);
    return (r, out) => {
      const size = r.list();
      if (size > 0 && r.elementType !== expected) throw malformed('a container has elements of another type');
      out.u8(91);
      for (let i = 0; i < size; i++) {
        if (i > 0) out.u8(44);
        write(r, out);
      }
      out.u8(93);
    };
  }

  #map(key: ThriftType, value: ThriftType, options: LeafOptions): JsonFromThrift {
    const keyOptions = inheritedOptions(options, key.annotations);
    const writeName = mapKeyToJson(key, keyOptions);
    const writeKey = writeName ?? this.type(key, keyOptions);
    const writeValue = this.type(value, inheritedOptions(options, value.annotations));
    const keyType = wireType(key);
    const valueType = wireType(value);
    const isObject = writeName !== null;
    return (r, out) => {
      const size = r.map();
      if (size > 0 && (r.keyType !== keyType || r.valueType !== valueType)) {
        throw malformed('a map has keys or values of another type');
      }
      out.u8(isObject ? 123 : 91);
      for (let i = 0; i < size; i++) {
        if (i > 0) out.u8(44);
        if (!isObject) out.u8(91);
        writeKey(r, out);
        out.u8(isObject ? 58 : 44);
        writeValue(r, out);
        if (!isObject) out.u8(93);
      }
      out.u8(isObject ? 125 : 93);
    };
  }

  /** The struct as a JSON object of its members. */
  struct(struct: StructDef): JsonFromThrift {
    return this.#structs.get(
      struct,
      () =>
        this.body(
          struct,
          struct.fields.filter((field) => isMember(field.annotations)),
          [],
        ),
      (ref) => (r, out) => ref()(r, out),
    );
  }

  /**
   * The struct as a JSON object of the given fields, while `sinks` take theirs. Where there are only sinks no object is
   * written: what a sink writes to `out` is all.
   */
  body(struct: StructDef, fields: readonly FieldDef[], sinks: readonly Sink[]): JsonFromThrift {
    const members = fields.map((field, rank) => this.#member(field, rank));
    const find = indexById<Member | Sink>([
      ...members.map((member, i) => [fields[i]!.id, member] as const),
      ...sinks.map((sink) => [sink.id, sink] as const),
    ]);
    const isUnion = struct.kind === 'union';
    const isObject = members.length > 0 || sinks.length === 0;
    // Kept once it is seen: found out anew at each level, a nested struct would be read twice by each one around it.
    let isReordered = false;
    return (r, out) => {
      if (isReordered) {
        writeReordered(struct, members, sinks, find, r, out);
        return;
      }
      const opening = out.pos;
      const start = r.pos;
      const saved = r.structBegin();
      let next = 0;
      let count = 0;
      const left = sinks.length === 0 ? null : new Set(sinks);
      for (let type = r.field(); type !== 0; type = r.field()) {
        const found = find(r.fieldId);
        if (found === undefined || found.wireType !== type) {
          r.skip(type);
          continue;
        }
        count++;
        if ('read' in found) {
          takeOnce(left!, found, struct);
          found.read(r, out);
          continue;
        }
        if (found.rank < next) {
          // Not in IDL order: take the struct again, this time by looking up where each field stands.
          isReordered = true;
          r.structEnd(saved);
          r.pos = start;
          out.pos = opening;
          if (sinks.length > 0) out.forgetBesides();
          writeReordered(struct, members, sinks, find, r, out);
          return;
        }
        if (found.rank > next) writeUnset(struct, members, next, found.rank, out);
        out.rawBytes(found.key);
        found.write(r, out);
        next = found.rank + 1;
      }
      r.structEnd(saved);
      if (isUnion && count !== 1) throw malformed(`union ${struct.name} has ${count} known members`);
      if (next < members.length) writeUnset(struct, members, next, members.length, out);
      if (left !== null) for (const sink of left) sink.unset?.(out);
      if (isObject) close(out, opening);
    };
  }

  #member(field: FieldDef, rank: number): Member {
    const options = leafOptions([...field.type.annotations, ...field.annotations]);
    const key = `,${JSON.stringify(memberOf(field, this.#style))}:`;
    const write = tellingStatus(field, this.type(field.type, options));
    const unset =
      field.defaultValue !== undefined
        ? key + jsonOfDefault(field, write)
        : options.null === 'keep'
          ? `${key}null`
          : null;
    return {
      name: field.name,
      rank,
      wireType: wireType(field.type),
      key: Buffer.from(key),
      write,
      unset: unset === null ? null : Buffer.from(unset),
      required: field.requiredness === 'required',
    };
  }
}

/** Where the value is a code, the status that it stands for is noted beside: the first one counts. */
function tellingStatus({ type, annotations }: FieldDef, write: JsonFromThrift): JsonFromThrift {
  const statuses = codeStatuses(annotations);
  if (statuses.size === 0) return write;
  const read = codeReader(type, statuses);
  return (r, out) => {
    const { pos } = r;
    if (out.codeStatus === 0) out.codeStatus = read(r);
    r.pos = pos;
    write(r, out);
  };
}

/** A member that is there twice counts as its last; a header or body that is already written cannot be taken back. */
function takeOnce(left: Set<Sink>, sink: Sink, struct: StructDef): void {
  if (!left.delete(sink)) throw malformed(`${struct.name} has field ${sink.id} twice`);
}

function close(out: JsonOut, opening: number): void {
  // Every member begins with a comma; the first one's becomes the brace.
  if (out.pos === opening) out.u8(123);
  else out.buf[opening] = 123;
  out.u8(125);
}

function writeUnset(
  struct: StructDef,
  members: readonly Member[],
  from: number,
  to: number,
  out: JsonOut,
): void {
  for (let i = from; i < to; i++) {
    const member = members[i]!;
    if (member.unset !== null) out.rawBytes(member.unset);
    else if (member.required) throw malformed(`${struct.name}.${member.name} is missing`);
  }
}

function writeReordered(
  struct: StructDef,
  members: readonly Member[],
  sinks: readonly Sink[],
  find: (id: number) => Member | Sink | undefined,
  r: ProtocolReader,
  out: JsonOut,
): void {
  const opening = out.pos;
  const starts = new Array<number>(members.length).fill(-1);
  const bools: boolean[] = [];
  const left = new Set(sinks);
  let count = 0;
  const saved = r.structBegin();
  for (let type = r.field(); type !== 0; type = r.field()) {
    const found = find(r.fieldId);
    if (found === undefined || found.wireType !== type) {
      r.skip(type);
      continue;
    }
    count++;
    if ('read' in found) {
      takeOnce(left, found, struct);
      found.read(r, out);
      continue;
    }
    starts[found.rank] = r.pos;
    // The compact protocol keeps a bool in its field's head, so it is read here.
    if (type === TType.bool) bools[found.rank] = r.bool();
    else r.skip(type);
  }
  if (struct.kind === 'union' && count !== 1) {
    throw malformed(`union ${struct.name} has ${count} known members`);
  }
  const end = r.pos;
  for (const member of members) {
    const start = starts[member.rank]!;
    if (start === -1) {
      writeUnset(struct, members, member.rank, member.rank + 1, out);
      continue;
    }
    out.rawBytes(member.key);
    if (member.wireType === TType.bool) {
      out.rawBytes(bools[member.rank] ? trueBytes : falseBytes);
    } else {
      r.pos = start;
      member.write(r, out);
    }
  }
  r.pos = end;
  r.structEnd(saved);
  for (const sink of left) sink.unset?.(out);
  close(out, opening);
}

function jsonOfDefault(field: FieldDef, write: JsonFromThrift): string {
  const bytes = defaultBytes(field);
  const r = new BinaryReader();
  r.reset(bytes, 0, bytes.length);
  const out = new JsonOut();
  write(r, out);
  return out.copy().toString('utf8');
}
