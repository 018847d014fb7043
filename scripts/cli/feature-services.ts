import type { Tracer } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { RouterService, TlsFiles } from '../../router/index.ts';
import { createClient, createGateway, loadIdl } from '../../rpc/index.ts';

/** Every feature's service as the router asks it: HTTP in, Thrift to the service, straight from its IDL. */
export async function featureServices(
  config: BanyanConfig,
  options: {
    /** Of the features whose services are called over TLS. */
    readonly tls: TlsFiles['services'];
    readonly metrics?: Registry;
    readonly tracer?: Tracer | undefined;
  },
): Promise<Record<string, RouterService>> {
  const { metrics, tracer } = options;
  const entries = await Promise.all(
    Object.values(config.features).map(async (feature): Promise<[string, RouterService]> => {
      const {
        idl: file,
        name,
        addresses,
        protocol,
        transport,
        deadlineMs,
        connectTimeoutMs,
        multiplexed,
      } = feature.service;
      const tls = options.tls[feature.name];
      const idl = await loadIdl(file);
      const client = createClient({
        idl,
        service: name,
        addresses,
        protocol,
        transport,
        deadlineMs,
        connectTimeoutMs,
        ...(multiplexed === undefined ? {} : { multiplexed }),
        ...(tls === undefined ? {} : { tls }),
        ...(metrics === undefined ? {} : { metrics }),
        ...(tracer === undefined ? {} : { tracer }),
      });
      return [feature.name, createGateway({ idl, service: name, client, deadlineMs })];
    }),
  );
  return Object.fromEntries(entries);
}
