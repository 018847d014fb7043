import { type Annotation, annotation } from '../idl/model.ts';
import type { GatewayProblem } from './gateway-problem.ts';

/** Makes the body of an error that the gateway answers itself. */
export type ErrorBody = (problem: GatewayProblem) => string;

/** A body with its `Content-Type`. */
export interface TypedBody {
  readonly type: string;
  readonly body: ErrorBody;
}

export const defaultErrorTemplate = '{"error":{"code":"$code","message":"$message"}}';
export const jsonErrorType = 'application/json; charset=utf-8';

/**
 * A template is text in which `$code`, `$message`, `$status`, `$at` and `$request_id` are replaced, escaped as the content type wants it:
 * in JSON as inside a string literal, in HTML and XML as text, in anything else not at all.
 */
export function errorBodyFromTemplate(template: string, type: string = jsonErrorType): ErrorBody {
  const parts = template.split(/\$(code|message|status|at|request_id)\b/);
  const escaped = escapeOf(type);
  return (problem) => {
    let body = '';
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      body += i % 2 === 0 ? part : escaped(String(placeholder(problem, part)));
    }
    return body;
  };
}

export function isJsonType(type: string): boolean {
  return /^\s*application\/(?:[a-z0-9.+-]*\+)?json\s*(?:;|$)/i.test(type);
}

function escapeOf(type: string): (text: string) => string {
  if (isJsonType(type)) return (text) => JSON.stringify(text).slice(1, -1);
  if (/html|xml/i.test(type)) {
    return (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  }
  return (text) => text;
}

/** The status and the text of an `api.error_message = "413: The body is too large."`, or null if it is none. */
export function splitErrorMessage(value: string): [number, string] | null {
  const parts = /^([45][0-9][0-9]):\s*(.+)$/s.exec(value);
  return parts === null ? null : [Number(parts[1]), parts[2]!];
}

/** The gateway's codes, in whose place a service may have another status. */
export const problemCodes = [
  'bad_request',
  'body_too_large',
  'request_stalled',
  'unsupported_media_type',
  'internal_error',
  'bad_reply',
  'unavailable',
  'deadline',
] as const;

/** The code and the status of an `api.error_status = "bad_request: 422"`, or null if it is none. */
export function splitErrorStatus(value: string): [string, number] | null {
  const parts = /^([a-z_]+):\s*([45][0-9][0-9])$/.exec(value);
  if (parts === null || !(problemCodes as readonly string[]).includes(parts[1]!)) return null;
  return [parts[1]!, Number(parts[2])];
}

/** The code and the rest of an `api.error_body_for = "unavailable: <h1>Later</h1>"`, or null if it names none. */
export function splitByCode(value: string): [code: string, rest: string] | null {
  const parts = /^([a-z_]+):\s*(.+)$/s.exec(value);
  if (parts === null || !(problemCodes as readonly string[]).includes(parts[1]!)) return null;
  return [parts[1]!, parts[2]!];
}

/** What a service's annotations say instead of its usual error body, by code. */
export function errorBodiesByCode(annotations: readonly Annotation[]): ReadonlyMap<string, TypedBody> {
  const types = new Map(allOf(annotations, 'api.error_type_for', splitByCode));
  const usual = errorType(annotations);
  return new Map(
    allOf(annotations, 'api.error_body_for', splitByCode).map(([code, template]) => {
      const type = types.get(code) ?? usual;
      return [code, { type, body: errorBodyFromTemplate(template, type) }];
    }),
  );
}

/** What a service's annotations say instead of the gateway's own messages, by status. */
export function errorMessages(annotations: readonly Annotation[]): ReadonlyMap<number, string> {
  return new Map(allOf(annotations, 'api.error_message', splitErrorMessage));
}

/** What a service's annotations say instead of the gateway's own statuses, by code. */
export function errorStatuses(annotations: readonly Annotation[]): ReadonlyMap<string, number> {
  return new Map(allOf(annotations, 'api.error_status', splitErrorStatus));
}

export function errorType(annotations: readonly Annotation[]): string {
  return annotation(annotations, 'api.error_type') ?? jsonErrorType;
}

function allOf<K, V>(
  annotations: readonly Annotation[],
  name: string,
  split: (value: string) => [K, V] | null,
): [K, V][] {
  return annotations.flatMap((one) => {
    const found = one.name === name ? split(one.value) : null;
    return found === null ? [] : [found];
  });
}

/** null where the template makes JSON, or is not meant to; else what is wrong with it. */
export function templateFault(template: string, type: string = jsonErrorType): string | null {
  if (!isJsonType(type)) return null;
  const body = errorBodyFromTemplate(template)({
    status: 400,
    code: 'code',
    message: 'a "message"',
    at: 'body.x',
    requestId: 'id',
    rpcMethod: 'm',
  });
  try {
    JSON.parse(body);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function placeholder(problem: GatewayProblem, name: string): string | number {
  switch (name) {
    case 'code':
      return problem.code;
    case 'status':
      return problem.status;
    case 'at':
      return problem.at ?? '';
    case 'request_id':
      return problem.requestId ?? '';
    default:
      return problem.message;
  }
}
