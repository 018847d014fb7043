import {
  errorType,
  problemCodes,
  splitErrorMessage,
  splitErrorStatus,
  templateFault,
} from '../gateway/error-body.ts';
import type { Annotation, ServiceDef } from '../idl/model.ts';
import type { AnnotationReport } from './annotation-report.ts';
import { hostOfDomain } from './base-domain.ts';
import { isFramingHeader } from './framing-headers.ts';
import { splitHeader } from './header-text.ts';

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
  if (one.name === 'api.error_type' && !/^[a-z]+\/[a-z0-9.+-]+(?:;[ -~]*)?$/i.test(one.value)) {
    report.fault(
      one,
      `${JSON.stringify(one.value)} is no content type`,
      'Write it as "text/html; charset=utf-8".',
    );
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
  checkOneOf(one, 'api.slash', ['strict', 'loose'], report);
  checkOneOf(one, 'api.escapes', ['lenient', 'strict'], report);
  if (one.name === 'api.base_domain' && hostOfDomain(one.value) === null) {
    report.fault(one, `${JSON.stringify(one.value)} is no host`, 'Write it as "shop.example".');
  }
  checkGroup(one, report);
  const fault = one.name === 'api.error_body' ? templateFault(one.value, errorType(annotations)) : null;
  if (fault !== null) {
    report.fault(
      one,
      `the error body is no JSON: ${fault}`,
      'Put $code, $message and $at inside string literals.',
    );
  }
}

/** Notes values that an annotation of a method cannot have. */
export function checkMethodAnnotation(one: Annotation, report: AnnotationReport): void {
  checkAnswerAnnotation(one, report);
  if (one.name === 'api.http_code') checkStatus(one, report);
  if (one.name === 'api.set_header') checkHeader(one, report);
  checkGroup(one, report);
  checkOneOf(one, 'api.etag', ['weak'], report);
  checkOneOf(one, 'api.range', ['bytes'], report);
  checkOneOf(one, 'api.slash', ['strict', 'loose'], report);
  checkOneOf(one, 'api.access', ['read', 'write'], report);
  checkOneOf(one, 'api.idempotent', ['true', 'false'], report);
  checkOneOf(one, 'api.serializer', ['json', 'form'], report);
}

function checkAnswerAnnotation(one: Annotation, report: AnnotationReport): void {
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
  checkOneOf(one, 'api.cors_credentials', ['true', 'false'], report);
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
