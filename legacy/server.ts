import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { type FaceName, faceNames } from './apps/faces.ts';
import type { ShopConfig } from './config.ts';
import { openDatabase } from './database.ts';
import { createModels } from './models/models.ts';
import { connectServices } from './services/connect-services.ts';

export interface ShopOptions {
  readonly config: ShopConfig;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** Default all of them. */
  readonly faces?: readonly FaceName[];
}

export interface RunningShop {
  readonly url: string;
  /** Takes no new connection, lets requests under way end, then closes the database. */
  stop(): Promise<void>;
}

/** Longer than any proxy in front keeps an idle connection, so that it never sends into one that closes. */
const KEEP_ALIVE_MS = 75_000;
/** A client that is still not done by then is cut off. */
const STOP_LIMIT_MS = 10_000;

/** @throws the system's error when the address cannot be listened on, BanyanError when nothing says who owns what has left. */
export async function startShop({
  config,
  log,
  clock = () => new Date(),
  faces = faceNames,
}: ShopOptions): Promise<RunningShop> {
  const services = config.services && (await connectServices(config.services, log));
  const database = openDatabase(config.database, { log });
  const models = createModels({ database, clock, log, services });
  const stopping = new AbortController();
  const { homeMs } = config;
  const app = createApp({ models, homeMs, stopping: stopping.signal, log, faces });
  let stopped: Promise<void> | undefined;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    // Else a client that keeps its connection busy would hold a stopping server open.
    if (stopped !== undefined) response.setHeader('Connection', 'close');
    app(request, response);
  });
  try {
    server.listen(config.port, config.host);
    await once(server, 'listening');
  } catch (error) {
    await services?.close();
    await database.destroy();
    throw error;
  }
  const { address, port } = server.address() as AddressInfo;
  async function stop(): Promise<void> {
    const closed = once(server, 'close');
    const cutOff = setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS);
    server.close();
    stopping.abort();
    await closed;
    clearTimeout(cutOff);
    await models.logBatches.flush();
    await services?.close();
    await database.destroy();
  }
  return {
    url: `http://${address}:${port}`,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
