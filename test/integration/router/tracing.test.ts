import type { Attributes, Span, SpanContext, SpanOptions, Tracer } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

it('opens a span for each request: a child of the client’s, and the parent of what follows', async () => {
  const spans: { name: string; parent: string | undefined; attributes: Attributes; ended: boolean }[] = [];
  const context: SpanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '00f067aa0ba902b7',
    traceFlags: 1,
  };
  // The API package alone records nothing: this stands where an SDK would.
  const tracer = {
    startSpan(name: string, options: SpanOptions, parent: Parameters<typeof trace.getSpanContext>[0]) {
      const about = {
        name,
        parent: trace.getSpanContext(parent)?.spanId,
        attributes: { ...options.attributes },
        ended: false,
      };
      spans.push(about);
      return {
        spanContext: () => context,
        updateName: (next: string) => {
          about.name = next;
        },
        setAttributes: (attributes: Attributes) => Object.assign(about.attributes, attributes),
        setStatus: () => undefined,
        end: () => {
          about.ended = true;
        },
      } as unknown as Span;
    },
  } as unknown as Tracer;
  await using legacy = await startUpstream((request, response) => {
    response.end(request.headers.traceparent);
  });
  await using stage = await startStage(legacy.url, { tracer });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await fetch(`${stage.url}/things/1`, { headers: { traceparent } });
  expect(await answer.text()).toBe('00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01');
  await expect.poll(() => spans[0]?.ended).toBe(true);
  expect(spans).toHaveLength(1);
  expect(spans[0]).toMatchObject({
    name: 'GET /things/:id',
    parent: 'b7ad6b7169203331',
    attributes: {
      'http.response.status_code': 200,
      'banyan.side': 'legacy',
      'banyan.reason': 'read-0-percent',
    },
  });
});
