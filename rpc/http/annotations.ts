/** Where an annotation may stand. `type` is a typedef or the type of a field, element, key or value. */
export type AnnotationPlace =
  | 'service'
  | 'method'
  | 'field'
  | 'throws entry'
  | 'struct'
  | 'exception'
  | 'enum'
  | 'enum member'
  | 'type';

const field = ['field', 'throws entry'] as const;
const leaf = ['field', 'type'] as const;

/** Every annotation that banyan acts on, and where it says something. docs/idl.md tells what. */
const acted: Readonly<Record<string, readonly AnnotationPlace[]>> = {
  'api.get': ['method'],
  'api.post': ['method'],
  'api.put': ['method'],
  'api.patch': ['method'],
  'api.delete': ['method'],
  'api.head': ['method'],
  'api.options': ['method'],
  'api.any': ['method'],
  'api.etag': ['service', 'method'],
  'api.range': ['method'],
  'api.set_header': ['method'],
  'api.idempotent': ['method'],
  'api.access': ['method'],
  'api.serializer': ['method'],
  'api.max_files': ['service', 'method'],
  'api.max_file_bytes': ['service', 'method'],
  'api.max_fields': ['service', 'method'],
  'api.max_field_bytes': ['service', 'method'],
  'api.group': ['service', 'method'],
  'api.base_domain': ['service'],
  'api.error_body': ['service'],
  'api.error_message': ['service'],
  'api.max_body_bytes': ['service'],
  'api.inflate': ['service'],
  'api.always_header': ['service', 'method'],
  'api.compress': ['service', 'method'],
  'api.cors': ['service', 'method'],
  'api.cors_credentials': ['service', 'method'],
  'api.cors_expose': ['service', 'method'],
  'api.cors_headers': ['service', 'method'],
  'api.cors_max_age': ['service', 'method'],
  'api.cors_methods': ['service', 'method'],
  'api.error_status': ['service'],
  'api.error_body_for': ['service'],
  'api.error_type_for': ['service'],
  'api.error_type': ['service'],
  'api.express': ['service'],
  'api.case': ['service'],
  'api.envelope': ['service', 'method'],
  'api.error_envelope': ['service', 'method'],
  'api.json_spaces': ['service', 'method'],
  'api.json_escape': ['service', 'method'],
  'api.stream': ['method'],
  'api.upload': ['method'],
  'api.max_upload_bytes': ['service', 'method'],
  'api.piece': field,
  'api.last': field,
  'api.cursor': field,
  'api.next': field,
  'api.slash': ['service', 'method'],
  'api.escapes': ['service', 'field'],
  'api.http_code': ['method', 'exception', 'throws entry', 'field'],
  'api.unknown': ['struct', 'exception'],
  'api.path': field,
  'api.query': field,
  'api.header': field,
  'api.cookie': field,
  'api.form': field,
  'api.file_name': field,
  'api.file': field,
  'api.body': field,
  'api.raw_body': field,
  'api.raw_uri': field,
  'api.nulls': field,
  'api.context': field,
  'api.none': field,
  'api.key': field,
  'api.no_body_struct': field,
  'agw.to_snake': ['struct', 'exception'],
  'agw.to_lower_camel_case': ['struct', 'exception'],
  'api.fault': field,
  'api.code_status': ['field'],
  'api.list': field,
  'api.vd': ['field'],
  'api.nested': field,
  'api.several': field,
  'api.null': leaf,
  'api.js_conv': leaf,
  'api.raw_json': leaf,
  'api.enum': leaf,
  'api.binary': leaf,
  'api.date': leaf,
  'api.nan': ['service', 'field', 'type'],
};

/** Of Hertz, Kitex and their relatives: would change what a client sees, and does not here. What to write instead. */
const refused: Readonly<Record<string, string>> = {
  'api.service_group': 'Write api.group = "/prefix".',
  'api.http_message': 'Declare an exception with a message, and put api.http_code on it.',
  'api.stable_code': 'Declare an exception, and put api.http_code on it.',
  'api_ext.headers': 'Name each header with api.header.',
  'api_ext.marshal': 'Write api.raw_json = "" and api.body = "name".',
  'api_ext.as_root': 'Write api.body = "*".',
  'agw.source': 'Write api.query, api.header, api.path, api.cookie or api.body.',
  'agw.target': 'Write api.header, api.cookie, api.http_code or api.body.',
};

/** Taken without effect: they steer code generators and catalogues, and a client sees nothing of them. */
const ignored: Readonly<Record<string, string>> = {
  'api.baseurl': 'generators of clients how to call it',
  'api.category': 'catalogues of APIs where it belongs',
  'api.gen_path': 'generators of clients how to call it',
  'api.handler_path': 'Hertz where to write handlers',
  'api.param': 'generators of clients how to call it',
  'api.service_gen_dir': 'Hertz where to write handlers',
  'api.service_path': 'Hertz where to write handlers',
  'api.tag': 'generators of clients how to call it',
  'api.version': 'generators of clients how to call it',
};

export type AnnotationVerdict =
  | { readonly kind: 'acted' | 'foreign' }
  | { readonly kind: 'misplaced'; readonly places: readonly AnnotationPlace[] }
  | { readonly kind: 'refused'; readonly instead: string }
  | { readonly kind: 'ignored'; readonly tells: string }
  | { readonly kind: 'misspelt'; readonly meant: string };

/** What banyan makes of an annotation of that name at that place. */
export function judgeAnnotation(name: string, place: AnnotationPlace): AnnotationVerdict {
  const places = acted[name];
  if (places !== undefined) return places.includes(place) ? { kind: 'acted' } : { kind: 'misplaced', places };
  const instead = refused[name.replace(/^janus\./, 'agw.')];
  if (instead !== undefined) return { kind: 'refused', instead };
  const tells = ignored[name];
  if (tells !== undefined) return { kind: 'ignored', tells: `it tells ${tells}` };
  if (!/^(?:api|api_ext|agw|janus)\./i.test(name)) return { kind: 'foreign' };
  const meant = Object.keys(acted).find((known) => isSlip(name.toLowerCase(), known));
  return meant === undefined
    ? { kind: 'ignored', tells: 'banyan does not know it' }
    : { kind: 'misspelt', meant };
}

/** Whether a name is another one but for a letter too many, too few or wrong. */
function isSlip(name: string, known: string): boolean {
  if (Math.abs(name.length - known.length) > 1) return false;
  let front = 0;
  while (front < name.length && name[front] === known[front]) front++;
  const [a, b] = [name.slice(front), known.slice(front)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}

/** All names that this file knows: the documentation has a row for each. */
export const annotationNames: readonly string[] = [acted, refused, ignored].flatMap(Object.keys);
