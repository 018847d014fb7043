import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, createGateway, type Gateway, httpRoutes, loadIdl } from 'banyan/rpc';
import findMyWay from 'find-my-way';

export interface GatewayFrontOptions {
  /** Absolute path. */
  readonly idl: string;
  readonly service: string;
  /** `host:port` of the Thrift service. */
  readonly address: string;
}

export interface GatewayFront extends AsyncDisposable {
  readonly url: string;
  readonly gateway: Gateway;
}

/** The least HTTP server that a gateway can stand behind: matches, reads the body, answers what the gateway says. */
export async function startGatewayFront(options: GatewayFrontOptions): Promise<GatewayFront> {
  const { service } = options;
  const idl = await loadIdl(options.idl);
  const client = createClient({ idl, service, addresses: [options.address] });
  const gateway = createGateway({ idl, service, client });
  const router = findMyWay();
  for (const route of httpRoutes(idl, service)) {
    router.on(route.method as 'GET', route.path.replace(/\*\w+$/, '*'), (request, response, params) =>
      answer(request, response, route.rpcMethod, params),
    );
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    rpcMethod: string,
    params: Record<string, string | undefined>,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [path = '', ...query] = request.url!.split('?');
    const output = await gateway.invoke(
      rpcMethod,
      {
        method: request.method!,
        path,
        params: params as Record<string, string>,
        query: query.join('?'),
        rawHeaders: request.rawHeaders,
        body: chunks.length === 0 ? null : Buffer.concat(chunks),
      },
      {},
    );
    response.writeHead(output.status, output.rawHeaders);
    response.end(request.method === 'HEAD' ? undefined : output.body);
  }

  const server = createServer((request, response) => {
    router.lookup(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    gateway,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await client.close();
    },
  };
}
