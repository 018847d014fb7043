import type { Ask } from '../side.ts';
import type { Sink } from '../sink.ts';
import type { HttpOutput } from './router-service.ts';

/** Tells a sink an answer that is there whole. */
export function answerWhole(ask: Ask, sink: Sink, output: HttpOutput, body: Buffer | null): void {
  const { status, rawHeaders, failure } = output;
  const bodiless = status === 204 || status === 304;
  const fields = [...rawHeaders];
  if (!bodiless && ask.method !== 'HEAD' && !names(fields, 'content-length')) {
    fields.push('Content-Length', String(body?.length ?? 0));
  }
  const sent = ask.method === 'HEAD' || bodiless ? null : body;
  if (failure !== undefined) {
    sink.fail({ status, ...failure }, body === null ? undefined : { status, fields, body: sent });
    return;
  }
  const contentLength = bodiless ? null : (sent?.length ?? 0);
  sink.head({ status, reason: null, fields, contentLength, trailers: false, nominated: null });
  if (sent !== null && sent.length > 0) sink.data(sent);
  sink.end([]);
}

function names(fields: readonly string[], name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i]!.toLowerCase() === name) return true;
  return false;
}
