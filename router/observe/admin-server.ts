import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { describeError } from '../../common/errors.ts';
import { listen } from '../life/listen.ts';
import { type AdminReport, mergeReports } from './metrics-report.ts';
import { metricsText } from './metrics-text.ts';

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  /** One report for each process. */
  readonly reports: () => Promise<readonly AdminReport[]>;
  /** Whether new requests should come to this router. */
  readonly ready: () => boolean;
  readonly logger: Logger;
}

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics` (Prometheus), `GET /livez`, `GET /readyz` (503 from the moment a graceful stop begins, and while requests are sent
 * to a service that this router does not know).
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const server: Server = createServer((request, response) => {
    const reply = (status: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    };
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET') reply(405, 'only GET\n');
    else if (path === '/livez') reply(200, 'live\n');
    else if (path === '/readyz')
      readiness(options).then(
        ([status, text]) => reply(status, text),
        (error: unknown) => reply(500, `${describeError(error).message}\n`),
      );
    else if (path === '/metrics') {
      metrics(options, registry).then(
        (text) => reply(200, text, 'text/plain; version=0.0.4; charset=utf-8'),
        (error: unknown) => reply(500, `${describeError(error).message}\n`),
      );
    } else reply(404, 'metrics, livez and readyz are here\n');
  });
  const url = await listen(server, options, 'router.admin', options.logger);
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        registry.clear();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readiness(options: AdminServerOptions): Promise<readonly [status: number, text: string]> {
  if (!options.ready()) return [503, 'draining\n'];
  const unserved = new Set((await options.reports()).flatMap((report) => report.unserved));
  if (unserved.size === 0) return [200, 'ready\n'];
  const names = [...unserved].join(', ');
  return [
    503,
    `requests go to the service of ${names}, which this router's config does not have: banyan reload\n`,
  ];
}

async function metrics(options: AdminServerOptions, own: Registry): Promise<string> {
  const reports = await options.reports();
  const services = AggregatorRegistry.aggregate(reports.map((report) => report.services));
  const texts = await Promise.all([services.metrics(), own.metrics()]);
  return [metricsText(mergeReports(reports)), ...texts].join('');
}
