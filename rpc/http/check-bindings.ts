import type { FaultList } from '../idl/fault-list.ts';
import { isUnknown, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { verbs } from '../idl/verbs.ts';
import { jsonStyle } from '../json/json-style.ts';
import { AnnotationReport } from './annotation-report.ts';
import { annotatedPaths, bindMethod } from './bind-method.ts';
import type { BoundField, MethodBinding, SourceKind } from './binding.ts';
import { checkAnnotationNames } from './check-annotation-names.ts';
import { checkMethodAnnotation, checkServiceAnnotation, isStatus } from './check-annotation-values.ts';
import { checkHiddenFields, insideReplies } from './check-hidden-fields.ts';
import { checkMembersInside, checkReply } from './check-reply.ts';
import { checkRequest } from './check-request.ts';
import { TypeCheck } from './check-types.ts';
import { pathFault, pathKey } from './path-pattern.ts';

/** Notes every fault of a service's `api.*` annotations, and in `warnings` what they say without effect. */
export function checkBindings(service: ServiceDef, faults: FaultList, warnings: FaultList): void {
  const report = new AnnotationReport(faults, warnings);
  const types = new TypeCheck(jsonStyle(service.annotations), report);
  checkAnnotationNames(service.annotations, 'service', report);
  for (const one of service.annotations) checkServiceAnnotation(one, service, report);
  const seen = new Map<string, MethodDef>();
  for (const method of service.methods) {
    checkMethod(service, method, types, report);
    for (const route of bindMethod(service, method)?.routes ?? []) {
      const key = `${route.method} ${pathKey(route.path)}`;
      const other = seen.get(key);
      if (other !== undefined && other !== method) {
        report.fault(
          method,
          `${route.method} ${route.path} is already a route of ${other.name}`,
          'Give each method a route of its own.',
        );
      }
      seen.set(key, method);
    }
  }
}

function checkMethod(
  service: ServiceDef,
  method: MethodDef,
  types: TypeCheck,
  report: AnnotationReport,
): void {
  checkAnnotationNames(method.annotations, 'method', report);
  for (const one of method.annotations) checkMethodAnnotation(one, report);
  for (const [, path] of annotatedPaths(service, method)) checkPath(method, path, report);
  for (const field of method.args.fields) types.field(field, 'field');
  for (const field of method.throws) types.field(field, 'throws entry');
  if (method.result !== null) types.type(method.result);
  const binding = bindMethod(service, method);
  if (binding === null) return;
  // An unknown struct may have the fields that seem to be missing.
  if (!method.args.fields.some((field) => isUnknown(field.type))) checkRequest(binding, report);
  if (binding.reply !== null) checkReply(binding.reply, binding.style, report);
  checkStream(binding, report);
  for (const thrown of binding.throws) {
    if (!isStatus(thrown.status)) {
      report.fault(thrown.struct, `${thrown.struct.name} has the status ${thrown.status}`, 'Use 200 to 599.');
    }
    checkReply(thrown.reply, binding.style, report);
  }
  checkMembersInside(insideReplies(binding), binding.style, report);
  checkHiddenFields(binding, report);
}

/** A stream says where the next piece begins, and is asked from there. */
function checkStream(binding: MethodBinding, report: AnnotationReport): void {
  const { method, fields, isStream, reply } = binding;
  const takesCursor = fields.some(({ sources }) => sources.some(({ kind }) => kind === 'cursor'));
  const next = reply?.next ?? null;
  if (binding.upload !== null || fields.some(takesPiece)) {
    checkUpload(binding, report);
    return;
  }
  if (!isStream && !takesCursor && next === null) return;
  const isWhole = isStream && takesCursor && next?.type.kind === 'string' && reply?.rawBody != null;
  if (isWhole) return;
  report.fault(
    method,
    `${method.name} is not the whole of a stream`,
    'Write api.stream = "" on the method, api.cursor = "" on an optional string of the request, and in the reply api.raw_body = "" on the piece and api.next = "" on an optional string.',
  );
}

function takesPiece({ sources }: BoundField): boolean {
  return sources.some(({ kind }) => kind === 'piece' || kind === 'last');
}

/** An upload takes pieces of the body, and nothing of it whole; a reply says by what the next piece comes. */
function checkUpload(
  { method, fields, upload, isStream, reply }: MethodBinding,
  report: AnnotationReport,
): void {
  const typeOf = (kind: SourceKind): string | undefined =>
    fields.find(({ sources }) => sources.some((source) => source.kind === kind))?.field.type.kind;
  const takesBody = (['body', 'wholeBody', 'rawBody', 'file', 'nulls'] as const).some(
    (kind) => typeOf(kind) !== undefined,
  );
  const isWhole =
    upload !== null &&
    !isStream &&
    typeOf('piece') === 'binary' &&
    typeOf('cursor') === 'string' &&
    (typeOf('last') ?? 'bool') === 'bool' &&
    reply?.next?.type.kind === 'string';
  if (isWhole && !takesBody) return;
  report.fault(
    method,
    takesBody && upload !== null
      ? `${method.name} takes its body in pieces and as a whole`
      : `${method.name} is not the whole of an upload`,
    'Write api.upload = "" on the method, api.piece = "" on a binary and api.cursor = "" on an optional string of the request, api.last = "" on a bool, and in the reply api.next = "" on an optional string. Texts of a form may stand beside, by api.form.',
  );
}

function checkPath(method: MethodDef, path: string, report: AnnotationReport): void {
  const fault = pathFault(path);
  if (fault === null) return;
  const at = method.annotations.find((one) => verbs[one.name] !== undefined && path.endsWith(one.value));
  report.fault(at ?? method, ...fault);
}
