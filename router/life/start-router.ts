import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { createMalformedHandler } from '../answer/malformed.ts';
import { refuseConnection } from '../answer/refuse-connection.ts';
import { RouterResponse } from '../answer/router-response.ts';
import { Exchange } from '../exchange.ts';
import { failures } from '../failure.ts';
import { Http2Sessions } from '../http2/http2-sessions.ts';
import { type AdminServer, startAdminServer } from '../observe/admin-server.ts';
import type { AdminReport, MetricsReport } from '../observe/metrics-report.ts';
import type { Gauges } from '../observe/metrics-text.ts';
import { run } from '../passes.ts';
import { Peers } from '../request/peers.ts';
import { createShadowSides } from '../sides/create-shadow-sides.ts';
import { createSides } from '../sides/create-sides.ts';
import { readTlsFiles, type TlsMaterial } from '../tls/tls-files.ts';
import { stampOf, TlsRenewal } from '../tls/tls-renewal.ts';
import { type Handshake, isAnswering, offersUpgrade } from '../upgrade/handshake.ts';
import { createUpgradeProxy, type UpgradeProxy } from '../upgrade/upgrade.ts';
import { closeServices, createCore, firstTable, startCore, stopCore } from './create-core.ts';
import { type Front, stopGracefully } from './graceful-stop.ts';
import { listen } from './listen.ts';
import type { RouterCore } from './router-core.ts';
import { normalizeOptions, type RouterOptions } from './router-options.ts';

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
  /** The same with the metrics of its services: what the admin port shows. */
  adminReport(): Promise<AdminReport>;
  /** Ends gracefully: readiness fails, requests in progress end, the lease is given back. Once; further calls wait too. */
  stop(): Promise<void>;
}

/**
 * Starts a router: the route table from the state store, or the last one from the snapshot when the store is away; then
 * the port. Throws `BANYAN_ROUTER_OPTIONS`, `BANYAN_TLS_FILES`, `BANYAN_ROUTER_NO_TABLE` or `BANYAN_PORT_TAKEN`, with nothing left running.
 */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  const normalized = normalizeOptions(options);
  const { tls } = normalized;
  const stamp = tls === undefined ? '' : await stampOf(tls);
  const files = await readTlsFiles({ server: tls, legacy: normalized.legacy.tls });
  const core = createCore(
    normalized,
    createSides(normalized, files.legacyCa),
    createShadowSides(normalized, files.legacyCa),
  );
  const peers = new Peers(core.options.isTrusted, core.options.limits.streams);
  const { server, http2, upgrades } = createHttpServer(core, peers, files.server);
  const renewal =
    tls === undefined
      ? null
      : new TlsRenewal(tls, server as unknown as TlsServer, stamp, core.options.logger);
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const report = (): MetricsReport => ({
    snapshot: core.metrics.snapshot(),
    gauges: gaugesOf(core, upgrades, connections.size),
  });
  const adminReport = async (): Promise<AdminReport> => ({
    ...report(),
    services: (await core.options.serviceMetrics?.getMetricsAsJSON()) ?? [],
  });
  let admin: AdminServer | null = null;
  let url: string;
  try {
    await firstTable(core);
    if (core.options.admin !== undefined) {
      admin = await startAdminServer({
        ...core.options.admin,
        reports: async () => [await adminReport()],
        ready: () => !core.draining,
        logger: core.options.logger,
      });
    }
    url = await listen(server, core.options.listen, 'router.listen', core.options.logger);
    if (tls !== undefined) url = url.replace('http:', 'https:');
  } catch (error) {
    await admin?.close();
    await stopCore(core);
    throw error;
  }
  startCore(core);
  renewal?.start();
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
    adminReport,
    stop() {
      const front = { core, server, http2, connections, upgraded: upgrades.open };
      stopping ??= stop(front, upgrades)
        .then(() => Promise.all([admin?.close(), renewal?.stop()]))
        .then(() => undefined);
      return stopping;
    },
  };
}

function gaugesOf(core: RouterCore, upgrades: UpgradeProxy, connections: number): Gauges {
  const { table, holds, exchanges } = core;
  return {
    requestsInFlight: exchanges.size,
    requestsHeld: holds.size,
    heldBytes: holds.bytes,
    upgraded: upgrades.open.size,
    connections,
    tableVersion: table.current.version,
    tableAgeSeconds: table.ageMs / 1_000,
    leaseValid: table.leaseValid,
    upstreams: addressGauges(core),
  };
}

/** One for each address, which shadows and several services may share: a series may be there once. */
function addressGauges({ upstreams }: RouterCore): Gauges['upstreams'] {
  const gauges = new Map<string, Gauges['upstreams'][number]>();
  for (const upstream of upstreams) {
    for (const address of upstream.addresses) {
      const { url, healthy } = address;
      const before = gauges.get(url);
      const pending = address.pending + (before?.pending ?? 0);
      const state = before ?? { ejected: upstream.isOpen(address), healthy };
      gauges.set(url, { address: url, pending, ejected: state.ejected, healthy: state.healthy });
    }
  }
  return [...gauges.values()];
}

function createHttpServer(
  core: RouterCore,
  peers: Peers,
  material: TlsMaterial | null,
): { server: RouterServer; http2: Http2Sessions | null; upgrades: UpgradeProxy } {
  const { timeouts, limits, tls } = core.options;
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
    shouldUpgradeCallback: offersUpgrade,
  };
  const server: RouterServer =
    material === null || tls === undefined
      ? createServer(settings)
      : createTlsServer({
          ...settings,
          ...material,
          // The handshake comes before the head and may take no longer.
          handshakeTimeout: timeouts.headersMs,
          ALPNProtocols: tls.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
        });
  // The header section is bounded in octets; a bound in fields would drop the rest silently.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  server.timeout = timeouts.clientIdleMs;
  const serve = (request: IncomingMessage, response: RouterResponse, handshake: Handshake | null = null) => {
    const peer = peers.of(request.socket);
    if (peer.closing) {
      if (handshake === null) request.resume();
      else request.socket.destroy();
      return;
    }
    const exchange = new Exchange(core, request, response, peer, request.url, handshake);
    response.on('close', onClose);
    response.on('timeout', onSilence);
    run(exchange);
  };
  const upgrades = createUpgradeProxy(serve);
  server.on('request', serve);
  // The body is asked for when its side wants it, not before: a request that is held or refused sends none.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on('connect', ({ socket }) => {
    // Behind a request whose answer is on its way this one's would be taken for it.
    if (isAnswering(socket)) socket.destroy();
    else refuseConnection(socket, failures.refused('CONNECT is not served here', 405), timeouts.lingerMs);
  });
  server.on('clientError', createMalformedHandler(peers, timeouts.lingerMs));
  server.on('upgrade', upgrades.handle);
  if (tls === undefined || !tls.http2) return { server, http2: null, upgrades };
  const { headerBytes, streams: maxStreams } = limits;
  const http2 = new Http2Sessions(
    {
      keepAliveMs: timeouts.keepAliveMs,
      clientIdleMs: timeouts.clientIdleMs,
      headerBytes,
      maxStreams,
      isTrusted: core.options.isTrusted,
    },
    serve,
  );
  http2.attach(server);
  return { server, http2, upgrades };
}

/**
 * Nothing came or went on the connection for a while. Waiting for a side, or on hold, that is as it should be; where octets wait for
 * the client, it does not read, and would keep its side's connection for as long as it likes.
 */
function onSilence(this: RouterResponse, socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
}

function onClose(this: RouterResponse): void {
  this.exchange?.conclude();
}

async function stop(front: Front, upgrades: UpgradeProxy): Promise<void> {
  await stopGracefully(front);
  upgrades.closeAll();
  await stopCore(front.core);
  await closeServices(front.core.options);
}
