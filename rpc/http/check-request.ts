import { isUnknown, type ThriftType } from '../idl/model.ts';
import { isMember } from '../json/leaf-options.ts';
import type { AnnotationReport } from './annotation-report.ts';
import type { BoundField, MethodBinding, Source } from './binding.ts';
import { isFileType, isNoFile } from './file-roles.ts';
import { nestedStructs } from './nested-structs.ts';
import { pathParameters } from './path-pattern.ts';

const contexts = new Set([
  'request_id',
  'traceparent',
  'identity',
  'identity_token',
  'deadline_ms',
  'method',
  'target',
]);

/** Notes fields that the source they name cannot fill, or none can, and path parameters that no field takes. */
export function checkRequest(binding: MethodBinding, report: AnnotationReport): void {
  const paths = binding.paths.map((path) => new Set(pathParameters(path)));
  for (const one of binding.fields) {
    if (isUnknown(one.field.type)) continue;
    for (const source of one.sources) checkSource(one, source, binding.method.name, paths, report);
  }
  checkWholeBody(binding, report);
  checkUnreachable(binding, report);
  const bound = new Set(
    binding.fields.flatMap(({ field, sources }) =>
      sources.filter(({ kind }) => kind === 'path' || isUnknown(field.type)).map(({ name }) => name),
    ),
  );
  for (const name of new Set(paths.flatMap((path) => [...path]))) {
    if (bound.has(name)) continue;
    const other = binding.fields.find(({ sources }) => sources.some((source) => source.name === name));
    if (other !== undefined) {
      report.fault(
        binding.method,
        `nothing takes the path parameter :${name}, and ${other.field.name} is called so elsewhere`,
        'Bind a field with api.path.',
      );
      continue;
    }
    report.ignored(
      binding.method,
      `nothing takes the path parameter :${name}: any value of it is the same`,
      'Bind a field with api.path.',
    );
  }
}

function checkSource(
  { field, sources }: BoundField,
  { kind, name }: Source,
  method: string,
  paths: readonly ReadonlySet<string>[],
  report: AnnotationReport,
): void {
  if (kind === 'path') {
    const has = (path: ReadonlySet<string>): boolean => path.has(name);
    const mustBeThere = sources.length === 1 && field.requiredness === 'required';
    const what = `no :${name} in the path of ${method}`;
    const fix = 'Add it to the paths of the method.';
    if (mustBeThere && !paths.every(has)) report.fault(field, what, fix);
    else if (!paths.some(has)) report.ignored(field, what, fix);
  }
  if (kind === 'context' && !contexts.has(name)) {
    report.fault(field, `api.context knows no ${name}`, `Use one of ${[...contexts].join(', ')}.`);
  }
  if (kind === 'context' && name !== 'deadline_ms' && contexts.has(name) && field.type.kind !== 'string') {
    report.fault(field, `${field.name} cannot take ${name}`, 'Make it a string.');
  }
  if (kind === 'rawBody' && field.type.kind !== 'binary' && field.type.kind !== 'string') {
    report.fault(field, `${field.name} cannot take a raw body`, 'Make it binary or string.');
  }
  if (kind === 'file' && !isFileType(field.type)) {
    report.fault(
      field,
      `${field.name} cannot take a file`,
      'Make it binary, or a struct with a binary field that has api.file = "bytes", or a list of either.',
    );
  }
  if (name === '*' && (kind === 'query' || kind === 'form') && !isOfParts(field.type)) {
    report.fault(field, `${field.name} cannot take all parameters`, 'Make it a struct or a map.');
  }
  if (kind === 'cursor' && field.type.kind !== 'string') {
    report.fault(field, `${field.name} cannot take a cursor`, 'Make it an optional string.');
  }
  if (kind === 'nulls' && !isTextList(field.type)) {
    report.fault(field, `${field.name} cannot take names`, 'Make it set<string> or list<string>.');
  }
}

/** Only one field can take a body as a whole, and none a member of it beside. */
function checkWholeBody({ fields }: MethodBinding, report: AnnotationReport): void {
  const takes = (one: BoundField, ...kinds: readonly Source['kind'][]): boolean =>
    one.sources.some(({ kind }) => kinds.includes(kind));
  const [whole, ...others] = fields.filter((one) => takes(one, 'wholeBody', 'rawBody'));
  if (whole === undefined) return;
  for (const { field } of others) {
    report.fault(field, `${whole.field.name} already takes the whole body`, 'Let one field take it.');
  }
  for (const one of fields) {
    if (one === whole || !takes(one, 'body')) continue;
    report.fault(
      one.field,
      `${one.field.name} is a member of a body that ${whole.field.name} takes as a whole`,
      'Annotate it with another source, or api.none.',
    );
  }
}

/** Notes fields that the service cannot do without, and that no request can have. */
function checkUnreachable({ fields }: MethodBinding, report: AnnotationReport): void {
  const fix = 'Make it optional, give it a default, or bind it.';
  for (const { field, sources } of fields) {
    if (sources.length > 0 || field.requiredness !== 'required' || field.defaultValue !== undefined) continue;
    report.fault(field, `${field.name} is required, and no request can have it`, fix);
  }
  for (const struct of nestedStructs(fields.filter(isNoFile).map(({ field }) => field.type))) {
    for (const field of struct.fields) {
      if (isMember(field.annotations)) continue;
      if (field.requiredness !== 'required' || field.defaultValue !== undefined) continue;
      report.fault(
        field,
        `${field.name} is required, and no request can have it where ${struct.name} stands inside something else`,
        fix,
      );
    }
  }
}

function isOfParts({ kind }: ThriftType): boolean {
  return kind === 'struct' || kind === 'map';
}

function isTextList(type: ThriftType): boolean {
  return (type.kind === 'list' || type.kind === 'set') && type.element.kind === 'string';
}
