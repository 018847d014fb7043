import { fileURLToPath } from 'node:url';
import { loadIdl, registeredTracer, serve, ThriftException } from 'banyan/rpc';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { ProductServiceConfig } from './config.ts';
import { isReachable, openDatabase } from './database.ts';
import { ProductHandlers } from './handlers.ts';
import { ProductStore } from './product-store.ts';
import { Refusal } from './refusals.ts';
import type { ProductServiceHandlers } from './thrift-types.ts';

export interface ProductServiceOptions {
  readonly config: ProductServiceConfig;
  readonly log: Logger;
  readonly clock?: () => Date;
}

export interface RunningProductService {
  /** `host:port` */
  readonly address: string;
  /** `http://host:port` of its probes and metrics, if it has them. */
  readonly healthUrl: string | null;
  /** Fails its readiness, lets calls under way end, then closes the database. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('product.thrift', import.meta.url));

/** @throws BanyanError when the address cannot be listened on. */
export async function startProductService(options: ProductServiceOptions): Promise<RunningProductService> {
  const { config, log, clock = () => new Date() } = options;
  const database = openDatabase(config.database, log);
  const products = new ProductHandlers(new ProductStore({ database, clock, events: config.events }));
  const handlers: ProductServiceHandlers = {
    listProducts: (request, context) => declared(products.listProducts(request, context)),
    getProduct: (id, context) => declared(products.getProduct(id, context)),
    findProducts: (ids, context) => declared(products.findProducts(ids, context)),
    createProduct: (request) => declared(products.createProduct(request)),
    replaceProduct: (request) => declared(products.replaceProduct(request)),
    changeProduct: (request) => declared(products.changeProduct(request)),
    deleteProduct: (id) => declared(products.deleteProduct(id)),
  };
  const tracer = registeredTracer();
  try {
    const server = await serve({
      idl: await loadIdl(idlFile),
      service: 'ProductService',
      handlers,
      host: config.host,
      port: config.port,
      log,
      metrics: new Registry(),
      ...(tracer !== undefined && { tracer }),
      ...(config.healthPort !== null && {
        health: {
          host: config.host,
          port: config.healthPort,
          drainMs: config.drainMs,
          check: () => isReachable(database),
        },
      }),
    });
    return {
      address: server.address,
      healthUrl: server.healthUrl,
      async stop() {
        await server.stop();
        await database.destroy();
      },
    };
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/** Refusals travel as the exceptions that product.thrift declares. */
async function declared<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { exception, code, message } = error;
    throw new ThriftException(exception, { error: { code, message } });
  }
}
