import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { BanyanConfig } from '../../control/config/index.ts';
import { featureIdentities } from './feature-identities.ts';
import { closeFeatureServices, featureServices, type RoutedService, thriftOnly } from './feature-services.ts';
import { type OpenServiceTls, openServiceTls } from './service-tls.ts';

type Services = Readonly<Record<string, RoutedService>>;

/** The services of some features as one router asks them. */
export interface OpenedServices {
  readonly services: Services;
  /** Those that are called in Thrift, once more: calls of shadows are no clients', over connections of their own, and in no metrics and traces. */
  readonly shadowServices: ReturnType<typeof thriftOnly>;
  /** How they are told who users are. */
  readonly identities: Awaited<ReturnType<typeof featureIdentities>>;
}

/** Opens services of a config for a router, and keeps their certificates current. */
export class RoutedServices {
  readonly metrics = new Registry();
  readonly #logger: Logger;
  readonly #tracer: Tracer | undefined;
  readonly #tls: OpenServiceTls[] = [];

  constructor(logger: Logger, tracer: Tracer | undefined) {
    this.#logger = logger;
    this.#tracer = tracer;
  }

  /** Throws for files of TLS and of keys that cannot be used, and leaves nothing open then. */
  async open(config: BanyanConfig): Promise<OpenedServices> {
    const identities = await featureIdentities(config);
    const tls = await openServiceTls(config, this.#logger);
    let services: Services = {};
    try {
      services = await featureServices(config, {
        tls: tls.current,
        metrics: this.metrics,
        tracer: this.#tracer,
      });
      const shadowServices = thriftOnly(await featureServices(config, { tls: tls.current }));
      tls.start();
      this.#tls.push(tls);
      return { services, shadowServices, identities };
    } catch (error) {
      await closeFeatureServices(services);
      await tls.stop();
      throw error;
    }
  }

  /** Looks at no certificate any more. The services are closed by the router that has them. */
  async stop(): Promise<void> {
    await Promise.all(this.#tls.map((tls) => tls.stop()));
  }
}
