import { isUtf8 } from 'node:buffer';
import { BadValue, withMember } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import { ValueWriters } from '../codec/value-writer.ts';
import { queryVerbs } from '../http/bind-method.ts';
import type { BoundField, MethodBinding, Source, SourceKind } from '../http/binding.ts';
import { annotation, type ThriftType } from '../idl/model.ts';
import {
  absentField,
  isObject,
  type MemberWriter,
  type ThriftFromJsonCompiler,
} from '../json/json-to-thrift.ts';
import { leafOptions } from '../json/leaf-options.ts';
import { boolText, compileText, single } from '../json/text-to-thrift.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { TType } from '../wire/types.ts';
import { type BodyWants, type Incoming, readBody } from './request-body.ts';
import { cookieValues, headerValues, queryValues } from './request-parts.ts';

/** True if it wrote the field. */
type FieldWriter = (w: ProtocolWriter, request: Incoming) => boolean;

/** Compiles the function that writes a request as the struct of the method's arguments. */
export function requestWriter(
  binding: MethodBinding,
  json: ThriftFromJsonCompiler,
): (w: ProtocolWriter, request: Incoming) => void {
  const values = new ValueWriters();
  const fields = binding.fields.map((one) => fieldWriter(one, json, values));
  const wants = bodyWants(binding);
  const parses = wants.json || wants.form;
  const only = binding.method.args.fields[0];
  const struct = binding.isWrapped && only?.type.kind === 'struct' ? only.type.struct : binding.method.args;
  const isUnion = struct.kind === 'union';
  const bodyNames = binding.fields.flatMap((one) =>
    one.sources.flatMap((source) => (source.kind === 'body' ? [source.name] : [])),
  );
  const refuseUnknown = bodyNames.length > 0 ? json.unknownRefuser(struct, bodyNames) : null;
  const writeFields = (w: ProtocolWriter, request: Incoming): void => {
    if (parses) {
      readBody(request, wants);
      const body = request.json?.value;
      if (refuseUnknown !== null && isObject(body)) refuseUnknown(body);
    }
    const saved = w.structBegin();
    let written = 0;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i]!(w, request)) written++;
    }
    if (isUnion && written !== 1) {
      throw new BadValue(
        `must have exactly one member of ${struct.fields.map(({ name }) => name).join(', ')}`,
      );
    }
    w.stop();
    w.structEnd(saved);
  };
  if (!binding.isWrapped) return writeFields;
  const id = only!.id;
  return (w, request) => {
    const saved = w.structBegin();
    w.field(TType.struct, id);
    writeFields(w, request);
    w.stop();
    w.structEnd(saved);
  };
}

/** What the method's fields take of a body. */
export function bodyWants(binding: MethodBinding): BodyWants {
  const some = (...kinds: readonly SourceKind[]): boolean =>
    binding.fields.some((one) => one.sources.some(({ kind }) => kinds.includes(kind)));
  return {
    json: some('body', 'wholeBody', 'nulls'),
    form: some('form'),
    raw: binding.fields.some((one) => one.sources.length > 0 && hasRawJson(one.field.type, one)),
  };
}

/** Tries a field's sources; true once one had a value. */
type SourceReader = (w: ProtocolWriter, request: Incoming) => boolean;

function fieldWriter(one: BoundField, json: ThriftFromJsonCompiler, values: ValueWriters): FieldWriter {
  const absent = absentField(one.field, values);
  const readers = one.sources.map((source) => guarded(source, sourceReader(one, source, json)));
  const place = ({ input }: Incoming): string => {
    const first = one.sources.find((source) => isFor(source, input.method));
    return first === undefined ? one.field.name : placeOf(first);
  };
  const fault = annotation(one.field.annotations, 'api.fault');
  return (w, request) => {
    for (let i = 0; i < readers.length; i++) {
      if (readers[i]!(w, request)) return true;
    }
    try {
      return absent(w);
    } catch (error) {
      throw withMember(error, place(request), fault);
    }
  };
}

function isFor({ of }: Source, method: string): boolean {
  return of === undefined || (of === 'query methods') === queryVerbs.has(method);
}

function guarded(source: Source, read: SourceReader): SourceReader {
  if (source.of === undefined) return read;
  return (w, request) => isFor(source, request.input.method) && read(w, request);
}

function placeOf(source: Source): string {
  const { kind, name } = source;
  if (kind === 'wholeBody' || kind === 'rawBody') return 'body';
  return kind === 'nulls' ? 'body' : `${kind}.${name}`;
}

function sourceReader(one: BoundField, source: Source, json: ThriftFromJsonCompiler): SourceReader {
  const { name, isWildcard } = source;
  switch (source.kind) {
    case 'path':
      return textReader(one, source, json, ({ input }) => {
        const value = input.params[name] ?? (isWildcard ? input.params['*'] : undefined);
        return value === undefined ? null : [value];
      });
    case 'query':
      return textReader(one, source, json, ({ input }) => queryValues(input.query, name));
    case 'header':
      return textReader(one, source, json, ({ input }) => headerValues(input.rawHeaders, name));
    case 'cookie':
      return textReader(one, source, json, ({ input }) => cookieValues(input.rawHeaders, name));
    case 'form':
      return textReader(one, source, json, (request) =>
        request.form === null ? null : queryValues(request.form, name),
      );
    case 'context':
      return textReader(one, source, json, (request) => contextValue(request, name));
    case 'body':
      return memberReader(one, json.member(optional(one), name));
    case 'wholeBody':
      return wholeReader(one, json);
    case 'rawBody':
      return rawReader(one);
    case 'nulls':
      return nullsReader(one);
  }
}

/** The sources of a field are tried in turn, so none of them may say that the field is missing, nor its default. */
function optional(one: BoundField): BoundField['field'] {
  const { defaultValue: _, ...field } = one.field;
  return { ...field, requiredness: field.requiredness === 'required' ? 'default' : field.requiredness };
}

function textReader(
  one: BoundField,
  source: Source,
  json: ThriftFromJsonCompiler,
  find: (request: Incoming) => readonly string[] | null,
): SourceReader {
  const { field } = one;
  const { id } = field;
  const type = wireType(field.type);
  const isBool = field.type.kind === 'bool';
  const write = compileText(field.type, leafOptions([...field.type.annotations, ...field.annotations]), json);
  const place = placeOf(source);
  const fault = annotation(field.annotations, 'api.fault');
  const byComma = annotation(field.annotations, 'api.list') === 'comma';
  return (w, request) => {
    try {
      let found = find(request);
      if (found === null) return false;
      if (byComma) found = splitAtCommas(found);
      if (isBool) {
        w.boolField(id, boolText(single(found)));
      } else {
        w.field(type, id);
        write(w, found);
      }
      return true;
    } catch (error) {
      throw withMember(error, place, fault);
    }
  };
}

/** `a,b` as two values and an empty text as none; blanks around them are those of a header. */
function splitAtCommas(texts: readonly string[]): string[] {
  return texts.flatMap((text) => (text === '' ? [] : text.split(',').map((one) => one.trim())));
}

function memberReader(one: BoundField, member: MemberWriter): SourceReader {
  const isRequired = one.field.requiredness === 'required';
  return (w, request) => {
    const parsed = request.json;
    if (parsed === null) return false;
    try {
      if (!isObject(parsed.value)) throw new BadValue('must be a JSON object');
      if (isRequired && !Object.hasOwn(parsed.value, member.name)) return false;
      return member.write(w, parsed.value, parsed.raw);
    } catch (error) {
      throw withMember(error, 'body');
    }
  };
}

function wholeReader(one: BoundField, json: ThriftFromJsonCompiler): SourceReader {
  const { field } = one;
  const type = wireType(field.type);
  const options = leafOptions([...field.type.annotations, ...field.annotations]);
  const isBool = field.type.kind === 'bool';
  const isRaw = options.rawJson && field.type.kind === 'string';
  const nullIsAbsent = field.requiredness === 'optional' && options.nullIn === 'absent' && !isRaw;
  const write = json.type(field.type, options);
  return (w, request) => {
    const parsed = request.json;
    if (parsed === null || (nullIsAbsent && parsed.value === null)) return false;
    try {
      if (isBool) {
        if (typeof parsed.value !== 'boolean') throw new BadValue('must be true or false');
        w.boolField(field.id, parsed.value);
        return true;
      }
      w.field(type, field.id);
      if (isRaw) w.string(request.input.body!.toString('utf8').trim());
      else write(w, parsed.value, parsed.raw);
      return true;
    } catch (error) {
      throw withMember(error, 'body');
    }
  };
}

function rawReader(one: BoundField): SourceReader {
  const isText = one.field.type.kind === 'string';
  return (w, { input }) => {
    if (input.body === null) return false;
    if (isText && !isUtf8(input.body)) throw new BadValue('must be UTF-8').inMember('body');
    w.field(TType.string, one.field.id);
    w.binary(input.body);
    return true;
  };
}

function nullsReader(one: BoundField): SourceReader {
  const type = wireType(one.field.type);
  return (w, request) => {
    const value = request.json?.value;
    if (!isObject(value)) return false;
    const names = Object.entries(value).flatMap(([name, member]) => (member === null ? [name] : []));
    if (names.length === 0) return false;
    w.field(type, one.field.id);
    w.list(TType.string, names.length);
    for (const name of names) w.string(name);
    return true;
  };
}

function contextValue(request: Incoming, name: string): string[] | null {
  const { input, call } = request;
  const found = (text: string | undefined): string[] | null => (text === undefined ? null : [text]);
  switch (name) {
    case 'request_id':
      return found(call?.context?.requestId);
    case 'traceparent':
      return found(call?.context?.traceparent);
    case 'identity':
      return found(call?.context?.identity);
    case 'deadline_ms':
      return call === null ? null : [String(Math.max(0, Math.round(call.deadlineAt - performance.now())))];
    case 'method':
      return [input.method];
    case 'target':
      return [input.query === '' ? input.path : `${input.path}?${input.query}`];
    default:
      return null;
  }
}

function hasRawJson(type: ThriftType, one: BoundField): boolean {
  const seen = new Set<object>();
  const visit = (inner: ThriftType, annotations: readonly { readonly name: string }[]): boolean => {
    if ([...inner.annotations, ...annotations].some((a) => a.name === 'api.raw_json')) return true;
    switch (inner.kind) {
      case 'list':
      case 'set':
        return visit(inner.element, []);
      case 'map':
        return visit(inner.key, []) || visit(inner.value, []);
      case 'struct':
        if (seen.has(inner.struct)) return false;
        seen.add(inner.struct);
        return inner.struct.fields.some((field) => visit(field.type, field.annotations));
      default:
        return false;
    }
  };
  return visit(type, one.field.annotations);
}
