// Sends the spans of a banyan process, or of a service on banyan/rpc, to an OTLP collector:
//
//   npm install @opentelemetry/{api,sdk-trace,context-async-hooks,resources,exporter-trace-otlp-http}
//   OTEL_SERVICE_NAME=router OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 NODE_OPTIONS='--import ./otel.mjs' banyan router
//
// The variables are OpenTelemetry's own: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

const share = Number(process.env.OTEL_TRACES_SAMPLER_ARG ?? 1);
const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'banyan' }),
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

const flush = () => provider.forceFlush().catch(() => undefined);
process.once('SIGTERM', flush).once('SIGINT', flush).once('beforeExit', flush);
