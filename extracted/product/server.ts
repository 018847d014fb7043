import { fileURLToPath } from 'node:url';
import { loadIdl, serve, ThriftException } from 'banyan/rpc';
import type { Logger } from 'pino';
import type { ProductServiceConfig } from './config.ts';
import { openDatabase } from './database.ts';
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
  /** Takes no new call, lets those under way end, then closes the database. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('product.thrift', import.meta.url));

/** @throws BanyanError when the address cannot be listened on. */
export async function startProductService(options: ProductServiceOptions): Promise<RunningProductService> {
  const { config, log, clock = () => new Date() } = options;
  const database = openDatabase(config.database, log);
  const products = new ProductHandlers(new ProductStore(database, clock));
  const handlers: ProductServiceHandlers = {
    listProducts: (request) => declared(products.listProducts(request)),
    getProduct: (id) => declared(products.getProduct(id)),
    createProduct: (request) => declared(products.createProduct(request)),
    replaceProduct: (request) => declared(products.replaceProduct(request)),
    changeProduct: (request) => declared(products.changeProduct(request)),
    deleteProduct: (id) => declared(products.deleteProduct(id)),
  };
  try {
    const server = await serve({
      idl: await loadIdl(idlFile),
      service: 'ProductService',
      handlers,
      host: config.host,
      port: config.port,
      log,
    });
    return {
      address: server.address,
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
