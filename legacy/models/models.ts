import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { ImageTable } from './image-table.ts';
import { LikeTable } from './like-table.ts';
import { LogTable } from './log-table.ts';
import { OptionTable } from './option-table.ts';
import { OrderTable } from './order-table.ts';
import { ProductTable } from './product-table.ts';
import { SessionTable } from './session-table.ts';
import { ShopTable } from './shop-table.ts';
import { StockTable } from './stock-table.ts';
import { UserTable } from './user-table.ts';

/** The tables that all three faces share. */
export interface Models {
  readonly database: Knex;
  readonly clock: () => Date;
  readonly products: ProductTable;
  readonly images: ImageTable;
  readonly options: OptionTable;
  readonly likes: LikeTable;
  readonly stock: StockTable;
  readonly shops: ShopTable;
  readonly orders: OrderTable;
  readonly users: UserTable;
  readonly sessions: SessionTable;
  readonly logs: LogTable;
}

export function createModels(database: Knex, clock: () => Date, log: Logger): Models {
  const stock = new StockTable(database);
  return {
    database,
    clock,
    products: new ProductTable(database, clock),
    images: new ImageTable(database, clock),
    options: new OptionTable(database),
    likes: new LikeTable(database, clock),
    stock,
    shops: new ShopTable(database, clock),
    orders: new OrderTable(database, stock),
    users: new UserTable(database, clock),
    sessions: new SessionTable(database, clock),
    logs: new LogTable(database, log),
  };
}
