import { Counter, Gauge, Histogram, type Metric, type Registry } from 'prom-client';

/** Seconds; from a call that never left the machine to the default deadline. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One service's calls as Prometheus counts them, seen from one side. Several services may share a registry. */
export interface CallMetrics {
  began(): void;
  /** Ends what `began` counted. */
  ended(method: string, outcome: string, durationMs: number): void;
  /** Counts a call that was turned away before it began. */
  refused(method: string, outcome: string): void;
}

export function createCallMetrics(
  registry: Registry,
  side: 'client' | 'server',
  service: string,
): CallMetrics {
  const prefix = `banyan_rpc_${side}`;
  const labelNames = ['service', 'method', 'outcome'] as const;
  const registers = [registry];
  const calls = known(registry, `${prefix}_calls_total`, Counter<(typeof labelNames)[number]>, (name) => {
    return new Counter({ name, help: 'Calls by method and outcome.', labelNames, registers });
  });
  const seconds = known(registry, `${prefix}_call_seconds`, Histogram<'service' | 'method'>, (name) => {
    const help = 'How long calls took, in seconds.';
    return new Histogram({ name, help, labelNames: ['service', 'method'], buckets, registers });
  });
  const inFlight = known(registry, `${prefix}_calls_in_flight`, Gauge<'service'>, (name) => {
    return new Gauge({ name, help: 'Calls under way.', labelNames: ['service'], registers });
  }).labels(service);
  return {
    began: () => inFlight.inc(),
    ended(method, outcome, durationMs) {
      inFlight.dec();
      calls.inc({ service, method, outcome });
      seconds.observe({ service, method }, durationMs / 1_000);
    },
    refused: (method, outcome) => calls.inc({ service, method, outcome }),
  };
}

function known<M extends Metric>(
  registry: Registry,
  name: string,
  kind: abstract new (...args: never[]) => M,
  make: (name: string) => M,
): M {
  const found = registry.getSingleMetric(name);
  return found instanceof kind ? found : make(name);
}
