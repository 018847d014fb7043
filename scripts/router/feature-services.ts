import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import type { BanyanConfig, FeatureConfig } from '../../control/config/index.ts';
import type { RouterOptions, SideTlsMaterial } from '../../router/index.ts';
import { createClient, createGateway, loadIdl } from '../../rpc/index.ts';

export type RoutedService = RouterOptions['services'][string];

interface ServiceOptions {
  /** Of the features whose services are asked over TLS; asked for each connection. */
  readonly tls: Readonly<Record<string, () => SideTlsMaterial>>;
  readonly metrics?: Registry;
  readonly tracer?: Tracer | undefined;
}

/** Every feature's service as the router asks it: HTTP as it is, Thrift straight from the IDL. */
export async function featureServices(
  config: BanyanConfig,
  options: ServiceOptions,
): Promise<Record<string, RoutedService>> {
  const entries = Object.values(config.features).map(
    async (feature) => [feature.name, await routerService(feature, options)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function routerService(
  { name: feature, service }: FeatureConfig,
  { tls: files, metrics, tracer }: ServiceOptions,
): Promise<RoutedService> {
  const tls = files[feature];
  const secured = tls === undefined ? {} : { tls };
  if (service.kind === 'http') {
    const { tls: _, identity: __, addresses, ...settings } = service;
    return { ...settings, addresses: [...addresses], ...secured };
  }
  if (service.kind === 'lambda') {
    const { identity: _, ...settings } = service;
    return settings;
  }
  const { kind: _, idl: file, includes, name, tls: __, identity: ___, ...settings } = service;
  const idl = await loadIdl(file, includes === undefined ? {} : { includes });
  const client = createClient({
    idl,
    service: name,
    ...settings,
    ...secured,
    ...(metrics === undefined ? {} : { metrics }),
    ...(tracer === undefined ? {} : { tracer }),
  });
  return createGateway({ idl, service: name, client, deadlineMs: settings.deadlineMs });
}

/** Those that are called in Thrift: what speaks HTTP the router asks itself. */
export function thriftOnly(
  services: Readonly<Record<string, RoutedService>>,
): NonNullable<RouterOptions['shadowServices']> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([feature, service]) =>
      'invoke' in service ? [[feature, service]] : [],
    ),
  );
}

/** Ends what was handed to no router. */
export async function closeFeatureServices(services: Readonly<Record<string, RoutedService>>): Promise<void> {
  await Promise.all(
    Object.values(services).map((service) => ('invoke' in service ? service.close() : undefined)),
  );
}
