import type { Knex } from 'knex';

export interface ShopRow {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly created_at: Date;
}

/** All that the shop asks of its `shops` table. */
export class ShopTable {
  readonly #database: Knex;

  constructor(database: Knex) {
    this.#database = database;
  }

  async find(id: number): Promise<ShopRow | undefined> {
    return this.#database<ShopRow>('shops').where({ id }).first();
  }
}
