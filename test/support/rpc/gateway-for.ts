import {
  createClient,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Handlers,
  type Idl,
  loadIdl,
  serve,
} from 'banyan/rpc';
import { idlFiles } from './docs-idl.ts';

export interface TestGateway {
  readonly gateway: Gateway;
  stop(): Promise<void>;
}

/**
 * A gateway before a server of its own, on a port of its own.
 *
 * @param text an IDL of one service, which the gateway reads.
 * @param lax what the server was built from, where that is another one.
 */
export async function gatewayFor(
  text: string,
  handlers: Handlers,
  options: Partial<GatewayOptions> = {},
  lax = text,
): Promise<TestGateway> {
  const idl = await idlOf(text);
  const [service] = idl.services.keys() as Iterable<string>;
  const ours = { host: '127.0.0.1', port: 0, handlers };
  const server = await serve({ ...ours, idl: await idlOf(lax), service: service! });
  const client = createClient({ idl, service: service!, addresses: [server.address] });
  const gateway = createGateway({ ...options, idl, service: service!, client });
  return {
    gateway,
    async stop() {
      await gateway.close();
      await server.stop();
    },
  };
}

async function idlOf(text: string): Promise<Idl> {
  await using files = await idlFiles({ 'service.thrift': text });
  return await loadIdl(files.path('service.thrift'));
}
