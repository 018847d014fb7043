import { startRouter } from 'banyan/router';
import { createClient, createGateway, httpRoutes, loadIdl } from 'banyan/rpc';
import { pino } from 'pino';
import type { GatewayFrontOptions } from './gateway-front.ts';
import { MemoryLink } from './router/memory-link.ts';

export interface RouterFront extends AsyncDisposable {
  readonly url: string;
}

/** A router as it stands once the service owns every route that its IDL declares. */
export async function startRouterFront(
  options: GatewayFrontOptions & { readonly legacy: string; readonly transport?: 'framed' | 'header' },
): Promise<RouterFront> {
  const { service } = options;
  const idl = await loadIdl(options.idl);
  const gateway = createGateway({
    idl,
    service,
    client: createClient({
      idl,
      service,
      addresses: [options.address],
      transport: options.transport ?? 'framed',
    }),
  });
  const link = new MemoryLink();
  const version = link.put({
    features: [
      {
        name: 'moved',
        stage: 'extracted',
        owner: 'service',
        inTransition: false,
        hold: false,
        salt: 'moved',
      },
    ],
    routes: httpRoutes(idl, service).map(({ method, path, access, rpcMethod }) => ({
      ...{ id: `${method} ${path}`, feature: 'moved', method, path, access, rpcMethod, readPercent: 100 },
    })),
  });
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: [options.legacy] },
    services: { moved: gateway },
    logger: pino({ level: 'silent' }),
    link,
  });
  await link.confirmed(version);
  return {
    url: router.url,
    async [Symbol.asyncDispose]() {
      await router.stop();
      await gateway.close();
    },
  };
}
