import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BanyanError } from '../../common/errors.ts';
import type { Address } from '../config/index.ts';

export interface AdminServer {
  readonly url: string;
  /** Accepts nothing more, lets answers under way end for `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>;
}

/** Serves the admin API. Throws `BANYAN_PORT_TAKEN` when something else listens there. */
export async function listenAdmin(app: RequestListener, at: Address): Promise<AdminServer> {
  const server = createServer(app);
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
  return { url: `http://${host}:${port}`, stop: (graceMs) => stop(server, graceMs) };
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
