import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { emptyRouteTable, type RouteTable, startRouter } from 'banyan/router';
import { type GatewayOptions, type Handlers, httpRoutes, loadIdl } from 'banyan/rpc';
import { pino } from 'pino';
import { idlFiles } from './docs-idl.ts';
import { gatewayFor, type TestGateway } from './gateway-for.ts';

/** An HTTP answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** `name: value`, names in lower case, sorted; without those that say when and over which connection it came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface TwoSides extends AsyncDisposable {
  /** Asks the monolith and the service behind a router the same. `head` is the request line and headers, a line each. */
  ask(
    head: string,
    body?: string | Buffer,
  ): Promise<{ readonly legacy: RawAnswer; readonly service: RawAnswer }>;
  readonly url: string;
}

/** A service that stands behind a router, and the monolith that it takes the place of. */
export async function twoSides(
  idlText: string,
  handlers: Handlers,
  monolith: RequestListener,
  options: Partial<GatewayOptions> = {},
): Promise<TwoSides> {
  const legacy = createServer(monolith).listen(0, '127.0.0.1');
  await once(legacy, 'listening');
  const rpc = await gatewayFor(idlText, handlers, options);
  const router = await routerFor(idlText, rpc);
  const legacyPort = (legacy.address() as AddressInfo).port;
  return {
    url: router.url,
    async ask(head, body) {
      const [old, ours] = await Promise.all([
        rawAsk(legacyPort, head, body),
        rawAsk(Number(new URL(router.url).port), head, body),
      ]);
      return { legacy: old, service: ours };
    },
    async [Symbol.asyncDispose]() {
      await router.stop();
      await rpc.stop();
      legacy.close();
      legacy.closeAllConnections();
    },
  };
}

/** A router that sends all routes of an IDL's only service there, and has no monolith. */
export async function routerFor(
  idlText: string,
  rpc: TestGateway,
): Promise<Awaited<ReturnType<typeof startRouter>>> {
  await using files = await idlFiles({ 'service.thrift': idlText });
  const idl = await loadIdl(files.path('service.thrift'));
  const [service] = idl.services.keys() as Iterable<string>;
  const table: RouteTable = {
    ...emptyRouteTable,
    version: 1,
    features: [
      { name: 'all', stage: 'extracted', owner: 'service', inTransition: false, hold: false, salt: 'all' },
    ],
    routes: httpRoutes(idl, service!).map(({ method, path, matching, rpcMethod, access }) => ({
      id: `${method} ${path}`,
      feature: 'all',
      method,
      path,
      ...(matching === undefined ? {} : { matching }),
      access,
      call: { kind: 'thrift' as const, method: rpcMethod },
      readPercent: 100,
    })),
  };
  return await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: ['http://127.0.0.1:9'] },
    services: { all: rpc.gateway },
    link: {
      beat: async ({ version }) => ({ leaseMs: 60_000, ...(version !== 1 && { table }) }),
      leave: async () => undefined,
      close: async () => undefined,
    },
    drain: { idleMs: 0 },
    logger: pino({ level: 'silent' }),
  });
}

const ofTheConnection = /^(?:date|connection|keep-alive|x-powered-by|transfer-encoding):/;

/** Asks one server, and reads what it answers until it closes the connection. */
export async function rawAsk(port: number, head: string, body: string | Buffer = ''): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const bytes = Buffer.from(body);
  const length = bytes.length === 0 ? '' : `Content-Length: ${bytes.length}\r\n`;
  const [line, ...headers] = head.trim().split(/\s*\n\s*/);
  const fields = headers.map((header) => `${header}\r\n`).join('');
  socket.write(`${line} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${fields}${length}\r\n`);
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return parsed(Buffer.concat(chunks));
}

function parsed(answer: Buffer): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const [line, ...headers] = answer.toString('latin1', 0, end).split('\r\n');
  const named = headers.map((header) => header.replace(/^[^:]+/, (name) => name.toLowerCase()));
  const rest = answer.subarray(end + 4);
  const isChunked = named.some((header) => header === 'transfer-encoding: chunked');
  return {
    status: Number(line!.split(' ')[1]),
    headers: named.filter((header) => !ofTheConnection.test(header)).sort(),
    body: isChunked ? unchunked(rest) : rest,
  };
}

function unchunked(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}
