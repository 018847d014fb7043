import { type Span, type SpanOptions, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';

export interface SeenSpan {
  readonly name: string;
  readonly kind: number | undefined;
  readonly parent: string | undefined;
  readonly spanId: string;
  readonly traceId: string;
  readonly attributes: Record<string, unknown>;
  isError: boolean;
  hasEnded: boolean;
}

/** What an SDK's tracer would be given. */
export function recordingTracer(): { readonly tracer: Tracer; readonly spans: SeenSpan[] } {
  const spans: SeenSpan[] = [];
  const tracer = {
    startSpan(name: string, options: SpanOptions, parent) {
      const above = parent === undefined ? undefined : trace.getSpanContext(parent);
      const spanId = String(spans.length + 1).padStart(16, '0');
      const traceId = above?.traceId ?? 'a'.repeat(32);
      const seen: SeenSpan = {
        ...{ name, kind: options.kind, parent: above?.spanId, spanId, traceId },
        ...{ attributes: { ...options.attributes }, isError: false, hasEnded: false },
      };
      spans.push(seen);
      const span: Partial<Span> = {
        spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
        setAttribute(key, value) {
          seen.attributes[key] = value;
          return this as Span;
        },
        setAttributes(more) {
          Object.assign(seen.attributes, more);
          return this as Span;
        },
        updateName() {
          return this as Span;
        },
        setStatus(status) {
          seen.isError = status.code === SpanStatusCode.ERROR;
          return this as Span;
        },
        end() {
          seen.hasEnded = true;
        },
      };
      return span as Span;
    },
  } as Partial<Tracer> as Tracer;
  return { tracer, spans };
}
