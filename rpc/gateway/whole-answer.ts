import { isUtf8 } from 'node:buffer';
import type { MethodBinding } from '../http/binding.ts';
import type { JsonOut } from '../json/json-out.ts';
import { malformed } from '../wire/wire-error.ts';
import { isFresh, weakEtag } from './etag.ts';
import type { HttpInput, HttpOutput } from './http-types.ts';
import { ranged } from './range.ts';
import type { ReplyKind } from './reply-writer.ts';
import { headerValue } from './request-parts.ts';

export type WholeOutput = HttpOutput & { readonly body: Buffer | null; readonly next?: undefined };

/** A stream's head, and what the rest is asked by. */
export type FirstPiece =
  | WholeOutput
  | (Omit<HttpOutput, 'body'> & { readonly body: Buffer; readonly next: string });

/** The answer that a reply makes, once it was read into `out`. */
export function wholeAnswer(
  binding: MethodBinding,
  input: HttpInput,
  requestId: string | undefined,
  kind: ReplyKind,
  out: JsonOut,
): FirstPiece {
  const { shape } = binding;
  const coded = kind.isException ? out.codeStatus : 0;
  const status = out.status || coded || kind.status;
  const rawHeaders = kind.isException ? out.headers : [...binding.fixedHeaders, ...out.headers];
  if (status === 204 || status === 304) return { status, rawHeaders, body: null };
  const envelope = kind.isException ? shape?.errorEnvelope : shape?.envelope;
  if (!kind.hasBody && envelope == null) {
    rawHeaders.push('Content-Length', '0');
    return { status, rawHeaders, body: null };
  }
  let body = kind.rawType === null ? out.copy() : (out.rawBody ?? Buffer.alloc(0));
  if (kind.rawType === null && shape !== null) {
    if (envelope != null) body = envelope.around(body, { status, requestId });
    if (shape.layout !== null) body = shape.layout(body);
  }
  if (headerValue(rawHeaders, 'content-type') === undefined) {
    rawHeaders.push('Content-Type', kind.rawType ?? 'application/json; charset=utf-8');
  }
  if (binding.isStream && out.next !== null && !kind.isException) {
    if (input.method === 'HEAD') return { status, rawHeaders, body: null };
    return { status, rawHeaders, body, next: out.next };
  }
  if (kind.rawType === null && !isUtf8(body)) throw malformed('a string is not UTF-8');
  if (binding.weakEtag && headerValue(rawHeaders, 'etag') === undefined) {
    rawHeaders.push('ETag', weakEtag(body));
  }
  const { method, rawHeaders: asking } = input;
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && status >= 200 && status <= 299 && isFresh(asking, rawHeaders)) {
    return { status: 304, rawHeaders: without(rawHeaders, 'content-type'), body: null };
  }
  const part = binding.takesRanges && isRead ? ranged(asking, status, rawHeaders, body) : { status, body };
  rawHeaders.push('Content-Length', String(part.body.length));
  return { status: part.status, rawHeaders, body: method === 'HEAD' ? null : part.body };
}

function without(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]!.toLowerCase() !== name);
}
