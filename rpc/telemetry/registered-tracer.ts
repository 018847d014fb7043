import { ProxyTracerProvider, type Tracer, trace } from '@opentelemetry/api';

/**
 * The tracer of the OpenTelemetry SDK that was registered before us (`node --import ./otel.mjs …`), if there is one. Without
 * it there is nobody to hand spans to, and making them would only cost.
 */
export function registeredTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  const isRegistered =
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('banyan') !== undefined;
  return isRegistered ? provider.getTracer('banyan') : undefined;
}
