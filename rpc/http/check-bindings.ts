import type { FaultList } from '../idl/fault-list.ts';
import { isUnknown, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { AnnotationReport } from './annotation-report.ts';
import { annotatedPaths, bindMethod, verbs } from './bind-method.ts';
import type { MethodBinding } from './binding.ts';
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
  const types = new TypeCheck(report);
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
  if (binding.reply !== null) checkReply(binding.reply, report);
  checkStream(binding, report);
  for (const thrown of binding.throws) {
    if (!isStatus(thrown.status)) {
      report.fault(thrown.struct, `${thrown.struct.name} has the status ${thrown.status}`, 'Use 200 to 599.');
    }
    checkReply(thrown.reply, report);
  }
  checkMembersInside(insideReplies(binding), report);
  checkHiddenFields(binding, report);
}

/** A stream says where the next piece begins, and is asked from there. */
function checkStream({ method, fields, isStream, reply }: MethodBinding, report: AnnotationReport): void {
  const takesCursor = fields.some(({ sources }) => sources.some(({ kind }) => kind === 'cursor'));
  const next = reply?.next ?? null;
  if (!isStream && !takesCursor && next === null) return;
  const isWhole = isStream && takesCursor && next?.type.kind === 'string' && reply?.rawBody != null;
  if (isWhole) return;
  report.fault(
    method,
    `${method.name} is not the whole of a stream`,
    'Write api.stream = "" on the method, api.cursor = "" on an optional string of the request, and in the reply api.raw_body = "" on the piece and api.next = "" on an optional string.',
  );
}

function checkPath(method: MethodDef, path: string, report: AnnotationReport): void {
  const fault = pathFault(path);
  if (fault === null) return;
  const at = method.annotations.find((one) => verbs[one.name] !== undefined && path.endsWith(one.value));
  report.fault(at ?? method, ...fault);
}
