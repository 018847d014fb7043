import { isUtf8 } from 'node:buffer';
import type { CallContext } from '../client/options.ts';
import { BadValue, withMember } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import { ValueWriters } from '../codec/value-writer.ts';
import type { BoundField, MethodBinding, Source } from '../http/binding.ts';
import { annotation, type ThriftType } from '../idl/model.ts';
import { type ParsedJson, parseJson } from '../json/exact-json.ts';
import {
  absentField,
  isObject,
  type MemberWriter,
  type ThriftFromJsonCompiler,
} from '../json/json-to-thrift.ts';
import { leafOptions } from '../json/leaf-options.ts';
import { boolText, compileText, single } from '../json/text-to-thrift.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth, TType } from '../wire/types.ts';
import type { HttpInput } from './http-types.ts';
import { contextOfHeaders, cookieValues, headerValue, headerValues, queryValues } from './request-parts.ts';

/** A request with what has been read of it so far. */
export interface Incoming {
  readonly input: HttpInput;
  readonly context: CallContext | undefined;
  readonly deadlineMs: number;
  /** Parsed once, if a field wants it. */
  json: ParsedJson | null;
  form: string | null;
}

/** Why a body cannot be read, other than for its values. */
export class UnsupportedMedia extends Error {}

type FieldWriter = (w: ProtocolWriter, request: Incoming) => void;

/** Compiles the function that writes a request as the struct of the method's arguments. */
export function requestWriter(
  binding: MethodBinding,
  json: ThriftFromJsonCompiler,
): (w: ProtocolWriter, request: Incoming) => void {
  const values = new ValueWriters();
  const wantsRaw = binding.fields.some((one) => one.sources.length > 0 && hasRawJson(one.field.type, one));
  const fields = binding.fields.map((one) => fieldWriter(one, json, values, wantsRaw));
  const wantsJson = binding.fields.some((one) =>
    one.sources.some(({ kind }) => kind === 'body' || kind === 'wholeBody' || kind === 'nulls'),
  );
  const only = binding.method.args.fields[0];
  const struct = binding.isWrapped && only?.type.kind === 'struct' ? only.type.struct : binding.method.args;
  const bodyNames = binding.fields.flatMap((one) =>
    one.sources.flatMap((source) => (source.kind === 'body' ? [source.name] : [])),
  );
  const refuseUnknown = bodyNames.length > 0 ? json.unknownRefuser(struct, bodyNames) : null;
  const writeFields = (w: ProtocolWriter, request: Incoming): void => {
    if (wantsJson) {
      const body = readJson(request, wantsRaw)?.value;
      if (refuseUnknown !== null && isObject(body)) refuseUnknown(body);
    }
    const saved = w.structBegin();
    for (let i = 0; i < fields.length; i++) fields[i]!(w, request);
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

/** Tries a field's sources; true once one had a value. */
type SourceReader = (w: ProtocolWriter, request: Incoming) => boolean;

function fieldWriter(
  one: BoundField,
  json: ThriftFromJsonCompiler,
  values: ValueWriters,
  wantsRaw: boolean,
): FieldWriter {
  const absent = absentField(one.field, values);
  const readers = one.sources.map((source) => sourceReader(one, source, json, wantsRaw));
  const first = one.sources[0];
  const place = first === undefined ? one.field.name : placeOf(first);
  const fault = annotation(one.field.annotations, 'api.fault');
  return (w, request) => {
    for (let i = 0; i < readers.length; i++) {
      if (readers[i]!(w, request)) return;
    }
    try {
      absent(w);
    } catch (error) {
      throw withMember(error, place, fault);
    }
  };
}

function placeOf(source: Source): string {
  const { kind, name } = source;
  if (kind === 'wholeBody' || kind === 'rawBody') return 'body';
  return kind === 'nulls' ? 'body' : `${kind}.${name}`;
}

function sourceReader(
  one: BoundField,
  source: Source,
  json: ThriftFromJsonCompiler,
  wantsRaw: boolean,
): SourceReader {
  const { name } = source;
  switch (source.kind) {
    case 'path':
      return textReader(one, source, json, ({ input }) => {
        const value = input.params[name];
        return value === undefined ? null : [value];
      });
    case 'query':
      return textReader(one, source, json, ({ input }) => queryValues(input.query, name));
    case 'header':
      return textReader(one, source, json, ({ input }) => headerValues(input.rawHeaders, name));
    case 'cookie':
      return textReader(one, source, json, ({ input }) => cookieValues(input.rawHeaders, name));
    case 'form':
      return textReader(one, source, json, (request) => queryValues(readForm(request), name));
    case 'context':
      return textReader(one, source, json, (request) => contextValue(request, name));
    case 'body':
      return memberReader(one, json.member(optional(one), name), wantsRaw);
    case 'wholeBody':
      return wholeReader(one, json, wantsRaw);
    case 'rawBody':
      return rawReader(one);
    case 'nulls':
      return nullsReader(one, wantsRaw);
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
  return (w, request) => {
    try {
      const found = find(request);
      if (found === null) return false;
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

function memberReader(one: BoundField, member: MemberWriter, wantsRaw: boolean): SourceReader {
  const isRequired = one.field.requiredness === 'required';
  return (w, request) => {
    const parsed = readJson(request, wantsRaw);
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

function wholeReader(one: BoundField, json: ThriftFromJsonCompiler, wantsRaw: boolean): SourceReader {
  const { field } = one;
  const type = wireType(field.type);
  const options = leafOptions([...field.type.annotations, ...field.annotations]);
  const isBool = field.type.kind === 'bool';
  const isRaw = options.rawJson && field.type.kind === 'string';
  const write = json.type(field.type, options);
  return (w, request) => {
    const parsed = readJson(request, wantsRaw);
    if (parsed === null) return false;
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

function nullsReader(one: BoundField, wantsRaw: boolean): SourceReader {
  const type = wireType(one.field.type);
  return (w, request) => {
    const value = readJson(request, wantsRaw)?.value;
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
  const { input } = request;
  const context = request.context ?? contextOfHeaders(input.rawHeaders);
  const found = (text: string | undefined): string[] | null => (text === undefined ? null : [text]);
  switch (name) {
    case 'request_id':
      return found(context?.requestId);
    case 'traceparent':
      return found(context?.traceparent);
    case 'identity':
      return found(context?.identity);
    case 'deadline_ms':
      return [String(Math.round(request.deadlineMs))];
    case 'method':
      return [input.method];
    case 'target':
      return [input.query === '' ? input.path : `${input.path}?${input.query}`];
    default:
      return null;
  }
}

const byteOrderMark = Buffer.from('efbbbf', 'hex');
const loneSurrogates = /\\u[dD][89a-fA-F]/;

/** The JSON body, or null where there is none. */
function readJson(request: Incoming, wantsRaw: boolean): ParsedJson | null {
  if (request.json !== null) return request.json;
  const { body, rawHeaders } = request.input;
  if (body === null || body.length === 0) return null;
  const type = headerValues(rawHeaders, 'content-type')?.[0];
  if (type !== undefined && !/^\s*application\/(?:[a-z0-9.+-]*\+)?json\s*(?:;|$)/i.test(type)) {
    throw new UnsupportedMedia(`a body of ${type}`);
  }
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type ?? '')?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new UnsupportedMedia(`a body in ${charset}`);
  const encoding = headerValue(rawHeaders, 'content-encoding') ?? 'identity';
  if (!/^identity$/i.test(encoding)) throw new UnsupportedMedia(`a body encoded with ${encoding}`);
  if (!isUtf8(body)) throw new BadValue('must be UTF-8').inMember('body');
  // Parsers may ignore a byte order mark (RFC 8259 §8.1), and those of Express do.
  const text = body.toString('utf8', body.subarray(0, 3).equals(byteOrderMark) ? 3 : 0);
  request.json = parseJson(text, wantsRaw, maxDepth * 2);
  if (loneSurrogates.test(text)) refuseLoneSurrogates(request.json.value);
  return request.json;
}

/** UTF-8 cannot say half a surrogate pair: it would silently become another character. */
function refuseLoneSurrogates(value: unknown): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new BadValue('has half a surrogate pair').inMember('body');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseLoneSurrogates(name);
      refuseLoneSurrogates(member);
    }
  }
}

function readForm(request: Incoming): string {
  if (request.form !== null) return request.form;
  const { body, rawHeaders } = request.input;
  if (body === null || body.length === 0) return '';
  const type = headerValues(rawHeaders, 'content-type')?.[0];
  // A body of another kind is another source's: fields may name several.
  request.form =
    type !== undefined && /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)
      ? body.toString('utf8')
      : '';
  return request.form;
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
