import { annotation, type ThriftType } from '../idl/model.ts';
import { isMember } from '../json/leaf-options.ts';
import type { AnnotationReport } from './annotation-report.ts';
import type { MethodBinding } from './binding.ts';
import { isNoFile } from './file-roles.ts';
import { nestedStructs } from './nested-structs.ts';

/**
 * Notes fields that are bound to headers, the query, … where their struct stands inside another one: there is no such place,
 * so they are left out.
 */
export function checkHiddenFields(binding: MethodBinding, report: AnnotationReport): void {
  for (const struct of nestedStructs([
    ...binding.fields.filter(isNoFile).map(({ field }) => field.type),
    ...insideReplies(binding),
  ])) {
    for (const field of struct.fields) {
      if (isMember(field.annotations) || annotation(field.annotations, 'api.none') !== undefined) continue;
      report.ignored(
        field,
        `${field.name} is no member of the JSON where ${struct.name} stands inside something else`,
        'Write api.body = "name" beside its annotation to have it there, or api.none = "" to say that it is not.',
      );
    }
  }
}

/** Types of what stands inside a method's replies, its exceptions too. */
export function insideReplies({ reply, throws, method }: MethodBinding): ThriftType[] {
  const bound = [reply, ...throws.map((thrown) => thrown.reply)];
  const fields = bound.flatMap((one) => (one?.struct?.fields ?? []).map(({ type }) => type));
  return method.result === null || method.result.kind === 'struct' ? fields : [...fields, method.result];
}
