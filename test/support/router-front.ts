import type { Tracer } from '@opentelemetry/api';
import { startRouter } from 'banyan/router';
import { createClient, createGateway, httpRoutes, loadIdl } from 'banyan/rpc';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { GatewayFrontOptions } from './gateway-front.ts';
import { MemoryLink } from './router/memory-link.ts';

export interface RouterFront extends AsyncDisposable {
  readonly url: string;
  /** Where its metrics are. */
  readonly adminUrl: string;
}

/** A router as it stands once the service owns every route that its IDL declares. */
export async function startRouterFront(
  options: Omit<GatewayFrontOptions, 'address'> & {
    /** `host:port`, one or several with commas between. */
    readonly address: string;
    readonly legacy: string;
    readonly transport?: 'framed' | 'header';
    readonly tracer?: Tracer;
    readonly deadlineMs?: number;
  },
): Promise<RouterFront> {
  const { service } = options;
  const { tracer, deadlineMs } = options;
  const serviceMetrics = new Registry();
  const traced = tracer === undefined ? {} : { tracer };
  const idl = await loadIdl(options.idl);
  const gateway = createGateway({
    idl,
    service,
    client: createClient({
      idl,
      service,
      addresses: options.address.split(','),
      transport: options.transport ?? 'framed',
      metrics: serviceMetrics,
      ...traced,
    }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
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
      ...{ id: `${method} ${path}`, feature: 'moved', method, path, access, readPercent: 100 },
      call: { kind: 'thrift', method: rpcMethod },
    })),
  });
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    serviceMetrics,
    ...traced,
    legacy: { addresses: [options.legacy] },
    services: { moved: gateway },
    logger: pino({ level: 'silent' }),
    link,
  });
  await link.confirmed(version);
  return {
    url: router.url,
    adminUrl: router.adminUrl!,
    async [Symbol.asyncDispose]() {
      await router.stop();
      await gateway.close();
    },
  };
}
