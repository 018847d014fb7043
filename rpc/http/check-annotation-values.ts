import type { Annotation, ServiceDef } from '../idl/model.ts';
import { nameCases } from '../json/name-case.ts';
import type { AnnotationReport } from './annotation-report.ts';
import { hostOfDomain } from './base-domain.ts';
import { envelopeFault } from './body-shape.ts';
import {
  errorType,
  problemCodes,
  splitByCode,
  splitErrorMessage,
  splitErrorStatus,
  templateFault,
} from './error-body.ts';
import { isFramingHeader } from './framing-headers.ts';
import { splitHeader } from './header-text.ts';
import { uploadLimitNames } from './upload-limits.ts';

/** Notes values that an annotation of a service cannot have. */
export function checkServiceAnnotation(
  one: Annotation,
  { annotations }: ServiceDef,
  report: AnnotationReport,
): void {
  checkAnswerAnnotation(one, report);
  if (one.name === 'api.error_status' && splitErrorStatus(one.value) === null) {
    report.fault(
      one,
      `${JSON.stringify(one.value)} names no code and status`,
      `Write it as "bad_request: 422", with one of ${problemCodes.join(', ')}.`,
    );
  }
  checkByCode(one, annotations, report);
  if (one.name === 'api.error_type' && !isContentType(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no content type`, contentTypeFix);
  }

  if (one.name === 'api.error_message' && splitErrorMessage(one.value) === null) {
    report.fault(
      one,
      `${JSON.stringify(one.value)} names no status`,
      'Write it as "413: The body is too large.".',
    );
  }
  if (one.name === 'api.max_body_bytes' && !/^[1-9][0-9]{0,14}$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no number of bytes`, 'Write it as "102400".');
  }
  checkOneOf(one, 'api.inflate', ['true', 'false'], report);
  checkOneOf(one, 'api.express', ['4', '5'], report);
  checkOneOf(one, 'api.case', Object.keys(nameCases), report);
  checkOneOf(one, 'api.nan', ['null', 'refuse'], report);
  checkOneOf(one, 'api.slash', ['strict', 'loose'], report);
  checkOneOf(one, 'api.escapes', ['lenient', 'qs', 'strict'], report);
  if (one.name === 'api.base_domain' && hostOfDomain(one.value) === null) {
    report.fault(one, `${JSON.stringify(one.value)} is no host`, 'Write it as "shop.example".');
  }
  checkGroup(one, report);
  const fault = one.name === 'api.error_body' ? templateFault(one.value, errorType(annotations)) : null;
  if (fault !== null) {
    report.fault(one, `the error body is no JSON: ${fault}`, errorBodyFix);
  }
}

/** What `api.error_body_for` and `api.error_type_for` say of a code. */
function checkByCode(one: Annotation, annotations: readonly Annotation[], report: AnnotationReport): void {
  if (one.name !== 'api.error_body_for' && one.name !== 'api.error_type_for') return;
  const found = splitByCode(one.value);
  if (found === null) {
    report.fault(
      one,
      `${JSON.stringify(one.value)} names no code`,
      `Write it as "unavailable: …", with one of ${problemCodes.join(', ')}.`,
    );
    return;
  }
  const [code, rest] = found;
  if (one.name === 'api.error_type_for') {
    if (!isContentType(rest)) {
      report.fault(one, `${JSON.stringify(rest)} is no content type`, contentTypeFix);
    }
    return;
  }
  const types = annotations.filter(({ name }) => name === 'api.error_type_for');
  const typed = types.map(({ value }) => splitByCode(value)).find((other) => other?.[0] === code);
  const fault = templateFault(rest, typed?.[1] ?? errorType(annotations));
  if (fault !== null) report.fault(one, `the error body is no JSON: ${fault}`, errorBodyFix);
}

function isContentType(text: string): boolean {
  return /^[a-z]+\/[a-z0-9.+-]+(?:;[ -~]*)?$/i.test(text);
}

const contentTypeFix = 'Write it as "text/html; charset=utf-8".';
const errorBodyFix = 'Put $code, $message and $at inside string literals.';

/** Notes values that an annotation of a method cannot have. */
export function checkMethodAnnotation(one: Annotation, report: AnnotationReport): void {
  checkAnswerAnnotation(one, report);
  if (one.name === 'api.http_code') checkStatus(one, report);
  if (one.name === 'api.set_header') checkHeader(one, report);
  checkGroup(one, report);
  checkOneOf(one, 'api.range', ['bytes'], report);
  checkOneOf(one, 'api.slash', ['strict', 'loose'], report);
  if (one.name === 'api.upload' && !/^[0-9]{0,9}$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no number of bytes`, 'Write it as "262144".');
  }
  checkOneOf(one, 'api.access', ['read', 'write'], report);
  checkOneOf(one, 'api.idempotent', ['true', 'false'], report);
  checkOneOf(one, 'api.serializer', ['json', 'form', 'multipart'], report);
}

function checkAnswerAnnotation(one: Annotation, report: AnnotationReport): void {
  if (uploadLimitNames.includes(one.name) && !/^[0-9]{1,15}$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no number`, 'Write it as "10".');
  }
  if (one.name === 'api.always_header') checkHeader(one, report);
  if (one.name === 'api.compress' && !/^(?:|false|[0-9]{1,9})$/.test(one.value)) {
    report.fault(
      one,
      `${JSON.stringify(one.value)} is no number of bytes`,
      'Write it as "1024", or "false".',
    );
  }
  if (one.name === 'api.cors_max_age' && !/^[0-9]{1,9}$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no number of seconds`, 'Write it as "600".');
  }
  checkOneOf(one, 'api.etag', ['weak', 'false'], report);
  checkOneOf(one, 'api.cors_credentials', ['true', 'false'], report);
  checkShape(one, report);
}

function checkShape(one: Annotation, report: AnnotationReport): void {
  checkOneOf(one, 'api.json_escape', ['html', 'false'], report);
  if (one.name === 'api.json_spaces' && !/^(?:[0-9]|10|[\t ]{1,10})$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no indentation`, 'Write it as "2", 10 at most.');
  }
  if (one.name !== 'api.envelope' && one.name !== 'api.error_envelope') return;
  const fault = envelopeFault(one.value);
  if (fault === null) return;
  report.fault(one, `the envelope is no JSON: ${fault}`, 'Write it as \'{"data":$body}\'.');
}

function checkHeader(one: Annotation, report: AnnotationReport): void {
  const header = splitHeader(one.value);
  if (header === null) {
    report.fault(one, `${JSON.stringify(one.value)} is no header`, 'Write it as "Name: value".');
  } else if (isFramingHeader(header[0])) {
    report.fault(
      one,
      `${header[0]} is not a service’s to write`,
      'Drop it: the router frames its replies itself.',
    );
  }
}

function checkGroup(one: Annotation, report: AnnotationReport): void {
  if (one.name === 'api.group' && one.value !== '' && !/^\/[^\s?#]*[^\s?#/]$/.test(one.value)) {
    report.fault(one, `${JSON.stringify(one.value)} is no prefix of paths`, 'Write it as "/v1".');
  }
}

/** Notes a value that is none of those that the annotation of that name can have. */
export function checkOneOf(
  one: Annotation,
  name: string,
  values: readonly string[],
  report: AnnotationReport,
): void {
  if (one.name === name && !values.includes(one.value)) {
    report.fault(one, `${name} cannot be ${JSON.stringify(one.value)}`, `Use ${values.join(' or ')}.`);
  }
}

/** Notes a status that HTTP has not, or that no reply can have. */
export function checkStatus(one: Annotation, report: AnnotationReport): void {
  if (!isStatus(Number(one.value))) {
    report.fault(one, `${JSON.stringify(one.value)} is no status`, 'Use 200 to 599.');
  }
}

export function isStatus(value: number): boolean {
  return Number.isInteger(value) && value >= 200 && value <= 599;
}
