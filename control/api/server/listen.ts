import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { BanyanError, describeError, type Fault } from '../../../common/errors.ts';
import { checkTlsFaults, readServerPems, type ServerPems } from '../../../common/tls/pem-files.ts';
import { RenewedFiles } from '../../../common/tls/renewed-files.ts';
import type { MoveLogger } from '../../../mover/index.ts';
import type { BanyanConfig } from '../../config/index.ts';

export interface AdminServer {
  readonly url: string;
  /** Accepts nothing more, lets answers under way end for `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>;
}

type Tls = NonNullable<BanyanConfig['control']['tls']>;

/**
 * Serves the admin API, over TLS where `tls` is given: with a renewed certificate as soon as it is there. Throws `BANYAN_PORT_TAKEN`
 * and `BANYAN_TLS_FILES`.
 */
export async function listenAdmin(
  app: RequestListener,
  { listen: at, tls }: Pick<BanyanConfig['control'], 'listen' | 'tls'>,
  logger: MoveLogger,
): Promise<AdminServer> {
  const { server, certificate } = tls === undefined ? plainServer(app) : await tlsServer(app, tls, logger);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new BanyanError('BANYAN_PORT_TAKEN', `Something else listens on ${at.host}:${at.port}.`, {
          fix: 'End it, or set control.listen to another port.',
          cause: error,
        }),
      );
    });
    server.listen(at.port, at.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  const scheme = tls === undefined ? 'http' : 'https';
  certificate?.start();
  return {
    url: `${scheme}://${host}:${port}`,
    async stop(graceMs) {
      await certificate?.stop();
      await stop(server, graceMs);
    },
  };
}

interface Listener {
  readonly server: Server;
  readonly certificate: RenewedFiles<ServerPems> | null;
}

function plainServer(app: RequestListener): Listener {
  return { server: createServer(app), certificate: null };
}

async function tlsServer(app: RequestListener, tls: Tls, logger: MoveLogger): Promise<Listener> {
  const { keyFile, certFile, reloadMs } = tls;
  const current = await readFiles(tls);
  const server: TlsServer = createTlsServer({ ...current, minVersion: 'TLSv1.2' }, app);
  const certificate = new RenewedFiles({
    files: [keyFile, certFile],
    everyMs: reloadMs,
    current,
    read: () => readFiles(tls),
    onRenewed(now) {
      server.setSecureContext({ ...now, minVersion: 'TLSv1.2' });
      logger.info({ certFile }, 'the renewed certificate of the admin API is in force');
    },
    onRefused(error) {
      const { message, fix } = describeError(error);
      const what = 'the certificate of the admin API was changed and cannot be used: the old one stays';
      logger.warn({ certFile, error: message, fix }, what);
    },
  });
  return { server, certificate };
}

async function readFiles(tls: Tls): Promise<ServerPems> {
  const faults: Fault[] = [];
  const pems = await readServerPems({ keyFile: tls.keyFile, certFile: tls.certFile }, 'control.tls', faults);
  checkTlsFaults(faults);
  return pems!;
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
