import { fileURLToPath } from 'node:url';
import { loadIdl, registeredTracer, serve, ThriftException } from 'banyan/rpc';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { SearchServiceConfig } from './config.ts';
import { feeds } from './feed/feed.ts';
import { SearchHandlers } from './handlers.ts';
import { Indexer } from './indexer.ts';
import { registerMetrics } from './metrics.ts';
import { openEngine } from './open-engine.ts';
import { Refusal } from './refusals.ts';
import type { SearchServiceHandlers } from './thrift-types.ts';

export interface SearchServiceOptions {
  readonly config: SearchServiceConfig;
  readonly log: Logger;
  readonly clock?: () => Date;
  readonly afterRead?: () => Promise<void>;
}

export interface RunningSearchService {
  /** `host:port` */
  readonly address: string;
  /** `http://host:port` of its probes and metrics, if it has them. */
  readonly healthUrl: string | null;
  /** Begins to build the index from scratch; the one of the moment answers until then. */
  rebuild(): void;
  /** Fails its readiness, lets calls under way end, then keeps the index. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('search.thrift', import.meta.url));

/** It listens at once; without an index it is not ready, and searches are refused. @throws BanyanError when the address cannot be listened on. */
export async function startSearchService(options: SearchServiceOptions): Promise<RunningSearchService> {
  const { config, log, clock = () => new Date(), afterRead } = options;
  const engine = await openEngine(config);
  const { broker, feed, shop } = config;
  const indexer = new Indexer({
    engine,
    broker,
    feed: feeds[feed],
    // What state a shop is in shows only where closed ones are hidden.
    tables: config.hideClosedShops ? ['products', 'shops'] : ['products'],
    shop,
    log,
    clock,
    ...(afterRead && { afterRead }),
  });
  const search = new SearchHandlers({ indexer, config, log, clock });
  const handlers: SearchServiceHandlers = {
    search: (query) => declared(search.search(query)),
    status: () => search.status(),
    rebuild: () => search.rebuild(),
  };
  const metrics = new Registry();
  registerMetrics(metrics, () => search.status());
  const tracer = registeredTracer();
  const stopping = new AbortController();
  try {
    await indexer.open();
    const server = await serve({
      idl: await loadIdl(idlFile),
      service: 'SearchService',
      handlers,
      host: config.host,
      port: config.port,
      log,
      metrics,
      ...(tracer !== undefined && { tracer }),
      ...(config.healthPort !== null && {
        health: {
          host: config.host,
          port: config.healthPort,
          drainMs: config.drainMs,
          check: () => hasIndex(indexer),
        },
      }),
    });
    const running = indexer.run(stopping.signal);
    return {
      address: server.address,
      healthUrl: server.healthUrl,
      rebuild: () => indexer.rebuild(),
      async stop() {
        await server.stop();
        stopping.abort();
        await running;
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** @throws while there is nothing to search in */
async function hasIndex(indexer: Indexer): Promise<void> {
  if (indexer.index === null) throw new Error('no index is there yet');
}

/** Refusals travel as the exceptions that search.thrift declares. */
async function declared<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { exception, code, message, retryAfter } = error;
    throw new ThriftException(exception, {
      error: { code, message },
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }
}
