import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type {
  FeatureRouting,
  HttpInput,
  HttpOutput,
  Route,
  RouterOptions,
  RouterService,
  RouteTable,
} from 'banyan/router';
import { startRouter } from 'banyan/router';
import { pino } from 'pino';
import { MemoryLink } from './memory-link.ts';

/** Where nobody listens, nor ever will: a port that was free a moment ago may be another test's by now. */
export const nowhere = 'http://127.0.0.1:1';

export const silent = pino({ level: 'silent' });

export function feature(change: Partial<FeatureRouting> = {}): FeatureRouting {
  return {
    name: 'thing',
    stage: 'legacy',
    owner: 'legacy',
    inTransition: false,
    hold: false,
    salt: 'thing',
    ...change,
  };
}

export function route(text: string, change: Partial<Route> = {}): Route {
  const [method = 'GET', path = '/'] = text.split(' ');
  const access = ['GET', 'HEAD', 'OPTIONS'].includes(method) ? 'read' : 'write';
  return {
    id: text,
    feature: 'thing',
    method,
    path,
    access,
    call: { kind: 'thrift', method: 'Answer' },
    readPercent: 0,
    ...change,
  };
}

export function table(change: Partial<RouteTable> = {}): RouteTable {
  return {
    version: 1,
    writtenAt: '2026-01-01T00:00:00.000Z',
    features: [feature()],
    routes: [route('GET /things/:id'), route('POST /things'), route('PUT /things/:id')],
    ...change,
  };
}

/** A service that answers with what it was asked, or as told. */
export class EchoService implements RouterService {
  readonly asked: HttpInput[] = [];
  maxBodyBytes = 1024 * 1024;
  answer: (input: HttpInput, signal: AbortSignal) => HttpOutput | Promise<HttpOutput> = ({
    method,
    path,
    body,
  }) => ({
    status: 200,
    rawHeaders: ['Content-Type', 'application/json'],
    body: Buffer.from(JSON.stringify({ side: 'service', method, path, body: body?.toString() ?? null })),
  });

  async invoke(_rpcMethod: string, input: HttpInput, options: { signal: AbortSignal }): Promise<HttpOutput> {
    this.asked.push(input);
    return this.answer(input, options.signal);
  }

  close(): void {}
}

export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  readonly requests: IncomingMessage[];
}

/** A monolith: any listener, on a port of its own. */
export async function startUpstream(listener: RequestListener, port = 0): Promise<Upstream> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    server,
    sockets,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** A router over a link in memory, with an echoing service for the feature `thing`. */
export async function startStage(
  legacy: string | readonly string[],
  options: Partial<RouterOptions> & { readonly table?: RouteTable } = {},
) {
  const { table: routeTable = table(), ...rest } = options;
  const link = (rest.link as MemoryLink | undefined) ?? new MemoryLink();
  if (rest.link === undefined) link.table = routeTable;
  const service = new EchoService();
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: typeof legacy === 'string' ? [legacy] : [...legacy] },
    services: { thing: service },
    logger: silent,
    beatMs: 20,
    // Clients of a test that keep their connections have nothing more to say when it ends.
    drain: { idleMs: 0 },
    ...rest,
    link,
  });
  return {
    router,
    link,
    service,
    url: router.url,
    port: Number(new URL(router.url).port),
    [Symbol.asyncDispose]: () => router.stop(),
  };
}

/** A promise and its two ends. */
export function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
