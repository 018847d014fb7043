import { isUtf8 } from 'node:buffer';
import { BadValue, withMember } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import type { BoundField, Source } from '../http/binding.ts';
import { annotation } from '../idl/model.ts';
import type { JsonStyle } from '../json/json-style.ts';
import type { MemberWriter, ThriftFromJsonCompiler } from '../json/json-to-thrift.ts';
import { leafOptions } from '../json/leaf-options.ts';
import { NestedTextCompiler } from '../json/nested-text.ts';
import { isNull, isObject, RawJson } from '../json/parsed-json.ts';
import { boolText, compileText, single } from '../json/text-to-thrift.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { TType } from '../wire/types.ts';
import { fileWriter } from './file-writer.ts';
import type { FileHead } from './multipart.ts';
import { type EachText, nestedValue, textsOf } from './nested-parameters.ts';
import { queryValues } from './parameters.ts';
import type { Incoming } from './request-body.ts';
import { cookieValues, headerValues } from './request-parts.ts';

/** Writes a field from one of its sources; false if that has no value. @throws BadValue */
export type SourceReader = (w: ProtocolWriter, request: Incoming) => boolean;

/** Where a value of the source stands, as messages name it. */
export function placeOf(source: Source): string {
  const { kind, name } = source;
  if (kind === 'wholeBody' || kind === 'rawBody') return 'body';
  if (name === '*' && kind !== 'path') return kind;
  return kind === 'nulls' ? 'body' : `${kind}.${name}`;
}

export function sourceReader(one: BoundField, source: Source, json: ThriftFromJsonCompiler): SourceReader {
  const { name, isWildcard } = source;
  switch (source.kind) {
    case 'path':
      return textReader(one, source, json, ({ input }) => {
        const value = input.params[name] ?? (isWildcard ? input.params['*'] : undefined);
        return value === undefined ? null : [value];
      });
    case 'query':
      if (isNested(one, source)) {
        const root = rootOf(source);
        return nestedReader(one, source, json.style, ({ input }) => textsOf(input.query, root, one.escapes));
      }
      return textReader(one, source, json, ({ input }) => queryValues(input.query, name, one.escapes));
    case 'header':
      return textReader(one, source, json, ({ input }) => headerValues(input.rawHeaders, name));
    case 'cookie':
      return textReader(one, source, json, ({ input }) => cookieValues(input.rawHeaders, name));
    case 'form':
      if (isNested(one, source)) {
        const root = rootOf(source);
        return nestedReader(one, source, json.style, ({ form }) => form?.texts(root, one.escapes) ?? null);
      }
      return textReader(one, source, json, ({ form }) => form?.values(name, one.escapes) ?? null);
    case 'file':
      return fileReader(one, source);
    case 'cursor':
      return textReader(one, source, json, ({ cursor }) => (cursor === null ? null : [cursor]));
    case 'fileHead':
      return textReader(one, source, json, ({ piece }) => headOf(piece?.file ?? null, name));
    case 'last':
      return textReader(one, source, json, ({ piece }) => (piece === null ? null : [String(piece.isLast)]));
    case 'piece':
      return pieceReader(one);
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
  const several = annotation(field.annotations, 'api.several');
  const byComma = annotation(field.annotations, 'api.list') === 'comma';
  return (w, request) => {
    try {
      let found = find(request);
      if (found === null) return false;
      if (byComma) found = splitAtCommas(found);
      if (several !== undefined) found = [several === 'last' ? found.at(-1)! : found[0]!];
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

function isNested({ field }: BoundField, { name }: Source): boolean {
  return name === '*' || annotation(field.annotations, 'api.nested') !== undefined;
}

/** null: the field takes all there is. */
function rootOf({ name }: Source): string | null {
  return name === '*' ? null : name;
}

function nestedReader(
  one: BoundField,
  source: Source,
  style: JsonStyle,
  find: (request: Incoming) => EachText | null,
): SourceReader {
  const { field } = one;
  const root = rootOf(source);
  const said = annotation(field.annotations, 'api.nested');
  const parts = said === 'brackets' || said === 'dots' ? said : 'none';
  const several = annotation(field.annotations, 'api.several');
  const options = leafOptions([...field.type.annotations, ...field.annotations]);
  const write = new NestedTextCompiler(
    style,
    several === 'first' || several === 'last' ? several : null,
  ).type(field.type, options);
  const type = wireType(field.type);
  const fault = annotation(field.annotations, 'api.fault');
  return (w, request) => {
    const each = find(request);
    const node = each === null ? null : nestedValue(each, root, parts);
    if (node === null) return false;
    try {
      w.field(type, field.id);
      write(w, node);
      return true;
    } catch (error) {
      throw withMember(error, placeOf(source), fault);
    }
  };
}

function fileReader(one: BoundField, source: Source): SourceReader {
  const { field } = one;
  const type = wireType(field.type);
  const write = fileWriter(field.type);
  const fault = annotation(field.annotations, 'api.fault');
  return (w, { files }) => {
    const found = files.filter((file) => file.field === source.name);
    if (found.length === 0) return false;
    try {
      w.field(type, field.id);
      write(w, found);
      return true;
    } catch (error) {
      throw withMember(error, placeOf(source), fault);
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
      return member.write(w, parsed.value);
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
      if (parsed.value instanceof RawJson) w.string(parsed.value.text);
      else write(w, parsed.value);
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

function pieceReader({ field }: BoundField): SourceReader {
  return (w, { piece }) => {
    if (piece === null) return false;
    w.field(TType.string, field.id);
    w.binary(piece.bytes);
    return true;
  };
}

function headOf(file: FileHead | null, role: string): string[] | null {
  if (file === null) return null;
  const said = role === 'name' ? file.name : role === 'type' ? file.type : file.field;
  return said === undefined ? null : [said];
}

function nullsReader(one: BoundField): SourceReader {
  const type = wireType(one.field.type);
  return (w, request) => {
    const value = request.json?.value;
    if (!isObject(value)) return false;
    const names = Object.entries(value).flatMap(([name, member]) => (isNull(member) ? [name] : []));
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
    case 'identity_token':
      return found(call?.context?.verified?.token);
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
