import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Exchange } from '../exchange/exchange.ts';

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** One span for each request, a child of the client's when it sent a valid `traceparent`; what follows is the span's child. */
export interface Tracing {
  /** Begins the request's span and returns the `traceparent` for its side. */
  begin(exchange: Exchange): string;
  end(exchange: Exchange): void;
}

/** Spans through the API package: whoever embeds the router brings the SDK and with it the exporter. */
export function createTracing(tracer: Tracer): Tracing {
  const spans = new WeakMap<Exchange, Span>();
  return {
    begin(exchange) {
      const { request, head, target } = exchange;
      const given = traceparentPattern.exec(head.traceparent ?? '');
      const parent =
        given === null
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, {
              traceId: given[1]!,
              spanId: given[2]!,
              traceFlags: Number.parseInt(given[3]!, 16),
              isRemote: true,
            });
      const attributes = { 'http.request.method': request.method!, 'url.path': target.path };
      const span = tracer.startSpan(request.method!, { kind: SpanKind.SERVER, attributes }, parent);
      spans.set(exchange, span);
      const { traceId, spanId, traceFlags } = span.spanContext();
      return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    },
    end(exchange) {
      const span = spans.get(exchange);
      if (span === undefined) return;
      const { decision, status, request, account } = exchange;
      const { failure } = account;
      if (decision?.route) span.updateName(`${request.method} ${decision.route.path}`);
      span.setAttributes({
        'http.response.status_code': status,
        ...(decision?.route && { 'http.route': decision.route.path }),
        ...(decision?.feature && { 'banyan.feature': decision.feature }),
        ...(decision && {
          'banyan.side': decision.side,
          'banyan.reason': decision.reason,
          'banyan.version': decision.version,
        }),
        ...(account.heldMs > 0 && { 'banyan.held_ms': account.heldMs }),
      });
      if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: failure.code });
      span.end();
    },
  };
}
