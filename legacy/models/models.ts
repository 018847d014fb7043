import type { Knex } from 'knex';
import { ProductTable } from './product-table.ts';
import { ShopTable } from './shop-table.ts';

/** The tables that all three faces share. */
export interface Models {
  readonly database: Knex;
  readonly clock: () => Date;
  readonly products: ProductTable;
  readonly shops: ShopTable;
}

export function createModels(database: Knex, clock: () => Date): Models {
  return {
    database,
    clock,
    products: new ProductTable(database, clock),
    shops: new ShopTable(database),
  };
}
