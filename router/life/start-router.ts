import type { Server as TlsServer } from 'node:tls';
import { identityReport } from '../identity/identity-counts.ts';
import { type AdminServer, startAdminServer } from '../observe/admin-server.ts';
import { gaugesOf } from '../observe/gauges.ts';
import type { AdminReport, MetricsReport } from '../observe/metrics-report.ts';
import { noShadow } from '../shadow/shadow-report.ts';
import { createShadowSides } from '../sides/create-shadow-sides.ts';
import { createSides } from '../sides/create-sides.ts';
import { unservedFeatures } from '../sides/unserved-features.ts';
import { readTlsFiles } from '../tls/tls-files.ts';
import { renewLegacyTls, renewServerTls } from '../tls/tls-renewal.ts';
import { closeServices, createCore, firstTable, startCore, stopCore } from './create-core.ts';
import { createRouterServer } from './create-server.ts';
import { stopGracefully } from './graceful-stop.ts';
import { type Listening, listenWidely } from './listen.ts';
import { ReplacedServices, type ServicesChange } from './replaced-services.ts';
import { normalizeOptions, type RouterOptions } from './router-options.ts';

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
  /**
   * Asks services anew from now on: those named in `services` as they are given there, those in `removed` not at all. Requests under
   * way end where they began.
   */
  replaceServices(change: ServicesChange): void;
  /** Its metrics as plain data. */
  report(): MetricsReport;
  /** The same with the metrics of its services: what the admin port shows. */
  adminReport(): Promise<AdminReport>;
  /**
   * Ends gracefully: readiness fails, requests in progress end, the lease is given back. Once; further calls wait too. `beforeClosing` is
   * awaited before the port is closed, while it still accepts.
   */
  stop(beforeClosing?: () => Promise<void>): Promise<void>;
}

/**
 * Starts a router: the route table from the state store, or the last one from the snapshot when the store is away; then
 * the port. Throws `BANYAN_ROUTER_OPTIONS`, `BANYAN_TLS_FILES`, `BANYAN_ROUTER_NO_TABLE` or `BANYAN_PORT_TAKEN`, with nothing left running.
 */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  const normalized = normalizeOptions(options);
  const { tls, logger, legacy } = normalized;
  const files = await readTlsFiles({ server: tls, legacy: legacy.tls });
  const legacyTls = renewLegacyTls(legacy.tls, files.legacy, logger);
  const currentTls = () => legacyTls.current;
  const core = createCore(
    normalized,
    createSides(normalized, currentTls),
    createShadowSides(normalized, currentTls),
  );
  const { server, http2, upgrades, connections } = createRouterServer(core, files.server);
  const ownTls =
    tls === undefined ? null : renewServerTls(tls, server as unknown as TlsServer, files.server!, logger);
  const report = (): MetricsReport => ({
    snapshot: core.metrics.snapshot(),
    gauges: gaugesOf(core, upgrades.open.size, connections.size),
    shadow: core.shadow?.report() ?? noShadow,
    identity: identityReport(core.services),
  });
  const adminReport = async (): Promise<AdminReport> => ({
    ...report(),
    services: (await core.options.serviceMetrics?.getMetricsAsJSON()) ?? [],
    unserved: unservedFeatures(core.table.current.table, core.services),
  });
  let admin: AdminServer | null = null;
  let url: string;
  let accepting: Listening['accepting'];
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
    ({ url, accepting } = await listenWidely(
      server,
      core.options.listen,
      'router.listen',
      core.options.logger,
    ));
    if (tls !== undefined) url = url.replace('http:', 'https:');
  } catch (error) {
    await admin?.close();
    await stopCore(core);
    throw error;
  }
  const replaced = new ReplacedServices(core);
  startCore(core);
  ownTls?.start();
  legacyTls.start();
  let stopping: Promise<void> | null = null;
  const stop = async (beforeClosing: () => Promise<void>) => {
    await stopGracefully({
      ...{ core, server, accepting, http2, connections, upgraded: upgrades.open, beforeClosing },
    });
    upgrades.closeAll();
    await stopCore(core);
    await Promise.all([closeServices(core), replaced.close()]);
    await Promise.all([admin?.close(), ownTls?.stop(), legacyTls.stop()]);
  };
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
    replaceServices: (change) => replaced.replace(change),
    report,
    adminReport,
    stop(beforeClosing = async () => undefined) {
      stopping ??= stop(beforeClosing);
      return stopping;
    },
  };
}
