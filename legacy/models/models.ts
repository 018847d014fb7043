import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Services } from '../services/connect-services.ts';
import { logSeams } from '../services/log-seams.ts';
import { productSeams } from '../services/product-seams.ts';
import { shopSeams } from '../services/shop-seams.ts';
import { userSeams } from '../services/user-seams.ts';
import { ImageTable } from './image-table.ts';
import { LikeTable } from './like-table.ts';
import { LogBatches } from './log-batches.ts';
import { type Logs, LogTable } from './log-table.ts';
import { OptionTable } from './option-table.ts';
import { OrderTable } from './order-table.ts';
import { type Products, ProductTable } from './product-table.ts';
import { type Sessions, SessionTable } from './session-table.ts';
import { type Shops, ShopTable } from './shop-table.ts';
import { StockTable } from './stock-table.ts';
import { type Users, UserTable } from './user-table.ts';

/** The tables of features that may leave, for these features' own routes: where a request for one goes the router has decided. */
export interface MovableTables {
  readonly products: ProductTable;
  readonly shops: ShopTable;
  readonly users: UserTable;
  readonly sessions: SessionTable;
}

/** What all three faces share. Of features that may leave: their rows, wherever these are. */
export interface Models {
  readonly database: Knex;
  readonly clock: () => Date;
  readonly tables: MovableTables;
  readonly products: Products;
  readonly images: ImageTable;
  readonly options: OptionTable;
  readonly likes: LikeTable;
  readonly stock: StockTable;
  readonly shops: Shops;
  readonly orders: OrderTable;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly logs: Logs;
  readonly logBatches: LogBatches;
}

export interface ModelsOptions {
  readonly database: Knex;
  readonly clock: () => Date;
  readonly log: Logger;
  /** null: all rows are the shop's own. */
  readonly services: Services | null;
}

export function createModels({ database, clock, log, services }: ModelsOptions): Models {
  const stock = new StockTable(database);
  const tables = {
    products: new ProductTable(database, clock),
    shops: new ShopTable(database, clock),
    users: new UserTable(database, clock),
    sessions: new SessionTable(database, clock),
  };
  const { product, shops, user, log: logService } = services ?? {};
  const logTable = new LogTable(database);
  const logs = logService ? logSeams(logTable, logService.seams, logService.client) : logTable;
  return {
    database,
    clock,
    tables,
    products: product ? productSeams(tables.products, product.seams, product.client) : tables.products,
    images: new ImageTable(database, clock),
    options: new OptionTable(database),
    likes: new LikeTable(database, clock),
    stock,
    shops: shops ? shopSeams(tables.shops, shops.seams, shops.client) : tables.shops,
    orders: new OrderTable(database, stock),
    ...(user
      ? userSeams(tables, user.seams, user.client)
      : { users: tables.users, sessions: tables.sessions }),
    logs,
    logBatches: new LogBatches(logs, log),
  };
}
