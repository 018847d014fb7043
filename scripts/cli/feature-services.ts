import type { BanyanConfig } from '../../control/config/index.ts';
import type { RouterService } from '../../router/index.ts';
import { createClient, createGateway, loadIdl } from '../../rpc/index.ts';

/** Every feature's service as the router asks it: HTTP in, Thrift to the service, straight from its IDL. */
export async function featureServices(config: BanyanConfig): Promise<Record<string, RouterService>> {
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
      } = feature.service;
      const idl = await loadIdl(file);
      const client = createClient({
        idl,
        service: name,
        addresses,
        protocol,
        transport,
        deadlineMs,
        connectTimeoutMs,
      });
      return [feature.name, createGateway({ idl, service: name, client, deadlineMs })];
    }),
  );
  return Object.fromEntries(entries);
}
