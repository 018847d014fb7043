import express, { type Express } from 'express';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { errorHandler, noSuchRoute } from './http/error-handler.ts';
import { orderRoutes } from './orders/order-routes.ts';
import { productAdminRoutes, productRoutes } from './products/product-routes.ts';
import { ProductTable } from './products/product-table.ts';
import { shopRoutes } from './shops/shop-routes.ts';

export interface AppOptions {
  readonly database: Knex;
  readonly log: Logger;
  readonly clock: () => Date;
}

/** The whole shop: one Express app over one database. */
export function createApp({ database, log, clock }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  const products = new ProductTable(database, clock);

  app.get('/healthz', async (_request, response) => {
    await database.raw('select 1');
    response.json({ status: 'ok' });
  });
  app.use(productRoutes(products));
  app.use(productAdminRoutes(products));
  app.use(shopRoutes(database));
  app.use(orderRoutes({ database, products, clock }));
  app.use(noSuchRoute);
  app.use(errorHandler(log));
  return app;
}
