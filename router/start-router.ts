import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { describeError } from '../common/errors.ts';
import { type AdminServer, startAdminServer } from './admin-server.ts';
import { createCore, firstTable } from './create-core.ts';
import { Exchange } from './exchange.ts';
import { failures } from './failure.ts';
import { forward } from './forward.ts';
import { Http2Sessions } from './http2-sessions.ts';
import { listen } from './listen.ts';
import type { MetricsReport } from './metrics-report.ts';
import type { Gauges } from './metrics-text.ts';
import { run } from './passes.ts';
import { Peers } from './peers.ts';
import { refuseConnection } from './refuse-connection.ts';
import { fail } from './reply.ts';
import type { RouterCore } from './router-core.ts';
import { normalizeOptions, type RouterOptions } from './router-options.ts';
import { RouterResponse } from './router-response.ts';
import { createUpgradeProxy, isWebSocketHandshake, type UpgradeProxy } from './upgrade.ts';

type RouterServer = Server<typeof IncomingMessage, typeof RouterResponse>;

export interface RouterActivity {
  readonly requests: number;
  readonly held: number;
  readonly upgraded: number;
  /** Client connections, idle ones too. */
  readonly connections: number;
}

export interface RunningRouter {
  /** `http://host:port`. */
  readonly url: string;
  /** Metrics, liveness and readiness; there when `admin` was given. */
  readonly adminUrl?: string;
  /** The name this process beats the state store under. */
  readonly replica: string;
  /** The route table's version in force. */
  readonly version: number;
  /** Whether new requests should come here: a table is in force and no stop began. */
  readonly ready: boolean;
  /** For tests and metrics: what is going on now. */
  readonly activity: RouterActivity;
  /** Its metrics as plain data. */
  report(): MetricsReport;
  /** Ends gracefully: readiness fails, requests in progress end, the lease is given back. Once; further calls wait too. */
  stop(): Promise<void>;
}

/**
 * Starts a router: the route table from the state store, or the last one from the snapshot when the store is away; then
 * the port. Throws `BANYAN_ROUTER_OPTIONS`, `BANYAN_ROUTER_NO_TABLE` or `BANYAN_PORT_TAKEN`, with nothing left running.
 */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  const core = createCore(normalizeOptions(options), forward);
  const peers = new Peers(core.options.isTrusted);
  const upgrades = createUpgradeProxy(core, peers);
  const { server, http2 } = createHttpServer(core, peers, upgrades);
  const connections = new Set<Socket>();
  server.on(core.options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const report = (): MetricsReport => ({
    snapshot: core.metrics.snapshot(),
    gauges: gaugesOf(core, upgrades, connections.size),
  });
  let admin: AdminServer | null = null;
  let url: string;
  try {
    await firstTable(core);
    if (core.options.admin !== undefined) {
      admin = await startAdminServer({
        ...core.options.admin,
        report,
        ready: () => !core.draining,
      });
    }
    url = await listen(server, core.options.listen, 'router.listen');
    if (core.options.tls !== undefined) url = url.replace('http:', 'https:');
  } catch (error) {
    await admin?.close();
    await core.table.stop();
    await core.upstream.close();
    throw error;
  }
  core.table.start();
  core.upstream.start();
  let stopping: Promise<void> | null = null;
  return {
    url,
    ...(admin !== null && { adminUrl: admin.url }),
    replica: core.options.replica,
    get version() {
      return core.table.current.version;
    },
    get ready() {
      return !core.draining;
    },
    get activity() {
      return {
        requests: core.exchanges.size,
        held: core.holds.size,
        upgraded: upgrades.open.size,
        connections: connections.size,
      };
    },
    report,
    stop() {
      stopping ??= stop(core, server, upgrades, http2).then(() => admin?.close());
      return stopping;
    },
  };
}

function gaugesOf(core: RouterCore, upgrades: UpgradeProxy, connections: number): Gauges {
  const { table, holds, exchanges, upstream } = core;
  return {
    requestsInFlight: exchanges.size,
    requestsHeld: holds.size,
    heldBytes: holds.bytes,
    upgraded: upgrades.open.size,
    connections,
    tableVersion: table.current.version,
    tableAgeSeconds: table.ageMs / 1_000,
    leaseValid: table.leaseValid,
    upstreams: upstream.addresses.map((address) => ({
      address: address.url,
      pending: address.pending,
      ejected: upstream.isOpen(address),
      healthy: address.healthy,
    })),
  };
}

function createHttpServer(
  core: RouterCore,
  peers: Peers,
  upgrades: UpgradeProxy,
): { server: RouterServer; http2: Http2Sessions | null } {
  const { timeouts, limits, logger, tls } = core.options;
  const settings = {
    ServerResponse: RouterResponse,
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
    // A request without a body needs no stream that ends.
    optimizeEmptyRequests: true,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: timeouts.headersMs,
    // How often Node looks for heads that take too long.
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(timeouts.headersMs / 2)),
    keepAliveTimeout: timeouts.keepAliveMs,
    // A large upload may take long; stalls are caught where the body is read.
    requestTimeout: 0,
    shouldUpgradeCallback: isWebSocketHandshake,
  };
  const server: RouterServer =
    tls === undefined
      ? createServer(settings)
      : createTlsServer({
          ...settings,
          key: tls.key,
          cert: tls.cert,
          ALPNProtocols: tls.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
        });
  // The header section is bounded in octets; a bound in fields would drop the rest silently.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  const serve = (request: IncomingMessage, response: RouterResponse) => {
    const exchange = new Exchange(core, request, response, peers.of(request.socket));
    response.on('close', onClose);
    try {
      run(exchange);
    } catch (error) {
      logger.error({ error: describeError(error) }, 'a request failed unexpectedly');
      fail(exchange, failures.unexpected());
    }
  };
  server.on('request', serve);
  // The body is asked for when its side wants it, not before: a request that is held or refused sends none.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on('connect', (_request, socket) => {
    refuseConnection(socket, failures.refused('CONNECT is not served here', 405));
  });
  server.on('upgrade', (request, socket, head) => {
    if (isWebSocketHandshake(request)) upgrades.handle(request, socket, head);
    else socket.destroy();
  });
  if (tls === undefined || !tls.http2) return { server, http2: null };
  const { headerBytes, streams: maxStreams } = limits;
  const http2 = new Http2Sessions({ keepAliveMs: timeouts.keepAliveMs, headerBytes, maxStreams }, serve);
  http2.attach(server);
  return { server, http2 };
}

function onClose(this: RouterResponse): void {
  this.exchange?.conclude();
}

async function stop(
  core: RouterCore,
  server: RouterServer,
  upgrades: UpgradeProxy,
  http2: Http2Sessions | null,
): Promise<void> {
  const { drain, services, logger } = core.options;
  core.draining = true;
  if (drain.noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, drain.noticeMs));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  http2?.closeSoon();
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, drain.maxMs, 'late').unref());
  if ((await Promise.race([core.exchanges.none(), late])) === 'late') {
    logger.warn(
      { requests: core.exchanges.size, held: core.holds.size },
      'requests were still open at the end of the drain',
    );
    core.holds.expireAll();
  }
  upgrades.closeAll();
  http2?.closeAll();
  server.closeAllConnections();
  await closed;
  await core.table.stop();
  await core.upstream.close();
  await Promise.all(Object.values(services).map((service) => service.close()));
}
