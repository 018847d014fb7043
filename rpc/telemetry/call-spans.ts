import {
  type Context,
  context as contexts,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A call's span while it is under way. */
export interface CallSpan {
  /** For what follows: W3C trace context of this span. */
  readonly traceparent: string;
  /** Runs `work` with this span as the active one. */
  within<T>(work: () => T): T;
  /** @param outcome as in CallReport and ServedCall. */
  end(outcome: string): void;
}

/**
 * Begins the span of one call through the API package: whoever embeds us brings the SDK. Its parent is what the other
 * side said, else the active span.
 */
export function beginCallSpan(
  tracer: Tracer,
  side: 'client' | 'server',
  service: string,
  method: string,
  traceparent: string | undefined,
): CallSpan {
  const parent = parentOf(traceparent);
  const span = tracer.startSpan(
    `${service}/${method}`,
    {
      kind: side === 'client' ? SpanKind.CLIENT : SpanKind.SERVER,
      attributes: { 'rpc.system': 'apache_thrift', 'rpc.service': service, 'rpc.method': method },
    },
    parent,
  );
  return {
    traceparent: traceparentOf(span),
    within: (work) => contexts.with(trace.setSpan(parent, span), work),
    end(outcome) {
      span.setAttribute('banyan.outcome', outcome);
      // A declared exception is an answer, as a 404 is.
      if (outcome !== 'ok' && outcome !== 'exception') {
        span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      }
      span.end();
    },
  };
}

function parentOf(traceparent: string | undefined): Context {
  const given = pattern.exec(traceparent ?? '');
  if (given === null) return contexts.active();
  return trace.setSpanContext(contexts.active(), {
    traceId: given[1]!,
    spanId: given[2]!,
    traceFlags: Number.parseInt(given[3]!, 16),
    isRemote: true,
  });
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
