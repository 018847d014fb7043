import { BadValue, withMember } from '../codec/bad-value.ts';
import { ValueWriters } from '../codec/value-writer.ts';
import { queryVerbs } from '../http/bind-method.ts';
import type { BoundField, MethodBinding, Source, SourceKind, SpreadStruct } from '../http/binding.ts';
import { annotation } from '../idl/model.ts';
import { absentField } from '../json/absent-field.ts';
import type { ThriftFromJsonCompiler } from '../json/json-to-thrift.ts';
import { leafOptions } from '../json/leaf-options.ts';
import { isObject, type RawPlan } from '../json/parsed-json.ts';
import { rawPlan, rawPlanOfMembers } from '../json/raw-plan.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { TType } from '../wire/types.ts';
import { type BodyWants, type Incoming, readBody } from './request-body.ts';
import { requestJudge } from './request-judge.ts';
import { placeOf, type SourceReader, sourceReader } from './source-reader.ts';

/** True if it wrote the field. */
type FieldWriter = (w: ProtocolWriter, request: Incoming) => boolean;

/** Compiles the function that writes a request as the struct of the method's arguments. */
export function requestWriter(
  binding: MethodBinding,
  json: ThriftFromJsonCompiler,
): (w: ProtocolWriter, request: Incoming) => void {
  const values = new ValueWriters();
  const fields = binding.layout.map((one) =>
    'spread' in one ? spreadWriter(one, json, values) : fieldWriter(one, json, values),
  );
  const wants = bodyWants(binding);
  const parses = parsesBody(wants);
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
  const judge = requestJudge(binding);
  if (!binding.isWrapped) return judge === null ? writeFields : judged(writeFields, judge);
  const id = only!.id;
  const write = (w: ProtocolWriter, request: Incoming): void => {
    const saved = w.structBegin();
    w.field(TType.struct, id);
    w.depth++;
    writeFields(w, request);
    w.depth--;
    w.stop();
    w.structEnd(saved);
  };
  return judge === null ? write : judged(write, judge);
}

type RequestWriter = (w: ProtocolWriter, request: Incoming) => void;

/** What was written is read again for its validators: they look at values of the IDL's types, with their defaults. */
function judged(write: RequestWriter, judge: (w: ProtocolWriter, start: number) => void): RequestWriter {
  return (w, request) => {
    const start = w.pos;
    write(w, request);
    judge(w, start);
  };
}

/** What the method's fields take of a body. */
export function bodyWants(binding: MethodBinding): BodyWants {
  const some = (...kinds: readonly SourceKind[]): boolean =>
    binding.fields.some((one) => one.sources.some(({ kind }) => kinds.includes(kind)));
  return {
    json: some('body', 'wholeBody', 'nulls'),
    form: new Set(
      binding.fields.flatMap((one) =>
        one.sources.flatMap(({ kind, name }) => (kind === 'form' ? [name] : [])),
      ),
    ),
    multipart: binding.takesMultipart,
    raw: rawPlanOf(binding),
  };
}

/** Whether any of it has to be taken apart. */
export function parsesBody({ json, form, multipart }: BodyWants): boolean {
  return json || form.size > 0 || multipart;
}

/** Writes a struct whose fields are bound one by one. */
function spreadWriter(
  { field, spread }: SpreadStruct,
  json: ThriftFromJsonCompiler,
  values: ValueWriters,
): FieldWriter {
  const fields = spread.map((one) => fieldWriter(one, json, values));
  return (w, request) => {
    w.field(TType.struct, field.id);
    w.depth++;
    const saved = w.structBegin();
    for (const write of fields) write(w, request);
    w.stop();
    w.structEnd(saved);
    w.depth--;
    return true;
  };
}

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

function rawPlanOf({ fields, style }: MethodBinding): RawPlan | null {
  const planOf = ({ type, annotations }: BoundField['field']): RawPlan | null =>
    rawPlan(type, leafOptions([...type.annotations, ...annotations]), style);
  const whole = fields.find(({ sources }) => sources.some(({ kind }) => kind === 'wholeBody'));
  if (whole !== undefined) return planOf(whole.field);
  return rawPlanOfMembers(
    fields.flatMap(({ field, sources }) =>
      sources.flatMap(({ kind, name }) => (kind === 'body' ? [[name, planOf(field)] as const] : [])),
    ),
  );
}
