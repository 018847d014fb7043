import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import createKnex from 'knex';
import type { Logger } from 'pino';
import type { ShopServiceConfig } from './config.ts';
import { ShopService, thrift } from './generated.ts';
import { shopHandlers } from './handlers.ts';
import { ShopStore } from './shop-store.ts';

export interface ShopServiceOptions {
  readonly config: ShopServiceConfig;
  readonly log: Logger;
}

export interface RunningShopService {
  /** `host:port` */
  readonly address: string;
  /** Takes no new connection, lets calls under way end, then closes the database. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('shop.thrift', import.meta.url));

/** Clients keep their connections, and the protocol has no word for going: so long each may wait for its answers. */
const DRAIN_MS = 1_000;

/** The service on Apache's own library, framed and binary. @throws the system's error when the address cannot be listened on. */
export async function startShopService({ config, log }: ShopServiceOptions): Promise<RunningShopService> {
  const database = createKnex({
    client: 'mysql2',
    connection: { ...config.database, charset: 'utf8mb4', timezone: 'Z' },
    pool: { min: 0, max: 16 },
    acquireConnectionTimeout: 5_000,
    // Else knex prints to stdout.
    log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  });
  const sockets = new Set<Socket>();
  const server = thrift.createServer(ShopService, shopHandlers(new ShopStore(database), log), {
    transport: thrift.TFramedTransport,
    protocol: thrift.TBinaryProtocol,
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    server.listen(config.port, config.host);
    await once(server, 'listening');
  } catch (error) {
    await database.destroy();
    throw error;
  }
  // The library tells the server of what goes wrong on one connection; unheard, it would end the process.
  server.on('error', (error) => log.warn({ err: error }, 'A connection failed.'));
  const { address, port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, DRAIN_MS);
    await closed;
    clearTimeout(cutOff);
    await database.destroy();
  }
  return {
    address: `${address}:${port}`,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
