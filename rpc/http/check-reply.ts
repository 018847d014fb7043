import { annotation, type FieldDef, isUnknown, type ThriftType } from '../idl/model.ts';
import { type JsonStyle, memberOf } from '../json/json-style.ts';
import { isMember } from '../json/leaf-options.ts';
import type { AnnotationReport } from './annotation-report.ts';
import type { ReplyBinding } from './binding.ts';
import { isFramingHeader } from './framing-headers.ts';
import { nestedStructs } from './nested-structs.ts';

const scalars = new Set(['bool', 'byte', 'i16', 'i32', 'i64', 'double', 'string', 'binary', 'enum', 'uuid']);

/** Notes fields of a reply that cannot go where they are bound to. */
export function checkReply(reply: ReplyBinding, style: JsonStyle, report: AnnotationReport): void {
  for (const { field, name } of reply.headers) {
    if (isFramingHeader(name)) {
      report.fault(
        field,
        `${name} is not a service’s to write`,
        'Drop it: the router frames its replies itself.',
      );
    }
  }
  for (const { field, name } of [...reply.headers, ...reply.cookies]) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      report.fault(field, `${JSON.stringify(name)} is no name of a header or cookie`, 'Correct the name.');
    }
    const { type } = field;
    const inner = type.kind === 'list' || type.kind === 'set' ? type.element : type;
    if (isUnknown(type)) continue;
    if (!scalars.has(inner.kind) || inner.kind === 'binary') {
      report.fault(
        field,
        `${field.name} cannot be a header`,
        'Make it text, a number, a bool, an enum, or a list of them.',
      );
    }
  }
  const { status, rawBody } = reply;
  if (status !== null && !isOneOf(status.type, 'i32', 'i16')) {
    report.fault(status, `${status.name} cannot be a status`, 'Make it an i32.');
  }
  if (rawBody !== null && !isOneOf(rawBody.type, 'binary', 'string')) {
    report.fault(rawBody, `${rawBody.name} cannot be a raw body`, 'Make it binary or string.');
  }
  checkOnlyOnes(reply, style, report);
}

function isOneOf(type: ThriftType, ...kinds: readonly ThriftType['kind'][]): boolean {
  return isUnknown(type) || kinds.includes(type.kind);
}

/** A reply has one status and one body. */
function checkOnlyOnes(reply: ReplyBinding, style: JsonStyle, report: AnnotationReport): void {
  const { status, rawBody, wholeBody, struct } = reply;
  const whole = rawBody ?? wholeBody;
  for (const field of struct?.fields ?? []) {
    const isStatus = annotation(field.annotations, 'api.http_code') !== undefined;
    if (status !== null && isStatus && field !== status) {
      report.fault(field, `${status.name} already is the status`, 'Let one field be it.');
    }
    const isWhole =
      annotation(field.annotations, 'api.raw_body') !== undefined ||
      annotation(field.annotations, 'api.body') === '*';
    if (whole !== null && isWhole && field !== whole) {
      report.fault(field, `${whole.name} already is the body`, 'Let one field be it.');
    }
  }
  const member = reply.members.find((field) => field !== whole);
  if (whole !== null && member !== undefined) {
    report.fault(
      member,
      `${member.name} is a member of a body that ${whole.name} is`,
      'Annotate it with api.none or a header.',
    );
  }
  if (whole === null) checkMemberNames(reply.members, style, report);
}

/** Notes members of one JSON object that are called alike, in these types and all inside them. */
export function checkMembersInside(
  types: Iterable<ThriftType>,
  style: JsonStyle,
  report: AnnotationReport,
): void {
  for (const struct of nestedStructs(types)) {
    checkMemberNames(
      struct.fields.filter((field) => isMember(field.annotations)),
      style,
      report,
    );
  }
}

function checkMemberNames(fields: readonly FieldDef[], style: JsonStyle, report: AnnotationReport): void {
  const seen = new Map<string, FieldDef>();
  for (const field of fields) {
    const name = memberOf(field, style);
    const other = seen.get(name);
    if (other !== undefined) {
      report.fault(
        field,
        `${field.name} is the member ${JSON.stringify(name)} of the JSON, as ${other.name} is`,
        'Rename one of them with api.body, or hide it with api.none.',
      );
    }
    seen.set(name, field);
  }
}
