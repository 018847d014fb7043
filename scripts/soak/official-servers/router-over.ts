import { emptyRouteTable, type RouteTable, startRouter } from 'banyan/router';
import { createClient, createGateway, httpRoutes, loadIdl } from 'banyan/rpc';
import { pino } from 'pino';
import { nappingIdl } from './generated-code.ts';
import type { Wire } from './official-server.ts';

/** A router whose only feature is the service at this address. */
export async function routerOver(
  address: string,
  wire: Wire,
): Promise<{ url: string; stop(): Promise<void> }> {
  const idl = await loadIdl(nappingIdl);
  const service = 'Napping';
  const client = createClient({ idl, service, addresses: [address], ...wire });
  // A pool of four threads needs four seconds for thirty-two naps; how long it took is judged, not whether it was in time.
  const gateway = createGateway({ idl, service, client, deadlineMs: 20_000 });
  const name = 'naps';
  const table: RouteTable = {
    ...emptyRouteTable,
    version: 1,
    features: [{ name, stage: 'extracted', owner: 'service', inTransition: false, hold: false, salt: name }],
    routes: httpRoutes(idl, service).map(({ method, path, access, rpcMethod }) => ({
      ...{
        id: `${method} ${path}`,
        feature: name,
        method,
        path,
        access,
        readPercent: 100,
        call: { kind: 'thrift', method: rpcMethod },
      },
    })),
  };
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    // Nothing is forwarded.
    legacy: { addresses: ['http://127.0.0.1:9'] },
    services: { [name]: gateway },
    link: {
      beat: async ({ version }) => ({ leaseMs: 2_000, ...(version !== 1 && { table }) }),
      leave: async () => undefined,
      close: async () => undefined,
    },
    logger: pino({ level: 'silent' }),
  });
  return {
    url: router.url,
    async stop() {
      await router.stop();
      await gateway.close();
    },
  };
}
