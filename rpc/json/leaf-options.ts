import { type Annotation, annotation } from '../idl/model.ts';

/** How the annotations of a field (or of its typedef) want the values inside it written in JSON. */
export interface LeafOptions {
  /** i64 as a JSON string. */
  readonly i64AsString: boolean;
  /** i64 of epoch milliseconds as an ISO 8601 string. */
  readonly i64AsDate: boolean;
  /** A string field holds JSON text, which passes byte for byte. */
  readonly rawJson: boolean;
  readonly binary: 'base64' | 'utf8';
  readonly enum: 'any' | 'name' | 'number';
  /** A double that JSON cannot say is null. */
  readonly nanAsNull: boolean;
  /** What unset is in a reply. */
  readonly null: 'omit' | 'keep';
  /** What an explicit null for an optional field is in a request. */
  readonly nullIn: 'absent' | 'refuse';
}

export function leafOptions(annotations: readonly Annotation[]): LeafOptions {
  const enumMode = annotation(annotations, 'api.enum');
  const nulls = annotation(annotations, 'api.null');
  return {
    i64AsString: (annotation(annotations, 'api.js_conv') ?? 'false') !== 'false',
    i64AsDate: annotation(annotations, 'api.date') === 'iso',
    rawJson: annotation(annotations, 'api.raw_json') !== undefined,
    binary: annotation(annotations, 'api.binary') === 'utf8' ? 'utf8' : 'base64',
    enum: enumMode === 'name' || enumMode === 'number' ? enumMode : 'any',
    nanAsNull: annotation(annotations, 'api.nan') === 'null',
    null: nulls === 'keep' ? 'keep' : 'omit',
    nullIn: nulls === 'refuse' ? 'refuse' : 'absent',
  };
}

/** The name that the IDL says a field has as a member of JSON; undefined: that of the field. */
export function memberName(annotations: readonly Annotation[]): string | undefined {
  const renamed = annotation(annotations, 'api.body');
  return renamed === undefined || renamed === '' || renamed === '*'
    ? annotation(annotations, 'api.key')
    : renamed;
}

const sourcesOtherThanBody = new Set([
  'api.path',
  'api.query',
  'api.header',
  'api.cookie',
  'api.form',
  'api.file_name',
  'api.file',
  'api.raw_body',
  'api.raw_uri',
  'api.nulls',
  'api.context',
  'api.cursor',
  'api.piece',
  'api.last',
  'api.next',
  'api.http_code',
]);

/** Whether a field is a JSON member where its struct stands as a value: not hidden, and not bound to something else only. */
export function isMember(annotations: readonly Annotation[]): boolean {
  if (annotation(annotations, 'api.none') !== undefined) return false;
  if (annotation(annotations, 'api.body') !== undefined) return true;
  return !annotations.some((one) => sourcesOtherThanBody.has(one.name));
}

/** Options apply to the leaves of a container; the element's typedef may add its own. */
export function inheritedOptions(around: LeafOptions, element: readonly Annotation[]): LeafOptions {
  if (element.length === 0) return around;
  const own = leafOptions(element);
  return {
    ...around,
    i64AsString: around.i64AsString || own.i64AsString,
    i64AsDate: around.i64AsDate || own.i64AsDate,
    rawJson: around.rawJson || own.rawJson,
    nanAsNull: around.nanAsNull || own.nanAsNull,
    binary: own.binary === 'utf8' ? 'utf8' : around.binary,
    enum: own.enum === 'any' ? around.enum : own.enum,
  };
}
