import type { Knex } from 'knex';

export const shopStates = ['open', 'paused', 'closed'] as const;
export type ShopState = (typeof shopStates)[number];

export interface ShopRow {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly created_at: Date;
  readonly state: ShopState;
}

/** The service's two tables. */
export class ShopStore {
  readonly #database: Knex;

  constructor(database: Knex) {
    this.#database = database;
  }

  async find(id: number): Promise<ShopRow | undefined> {
    return this.#shops().where({ id }).first();
  }

  async page(after: number, limit: number): Promise<readonly ShopRow[]> {
    return this.#shops().where('id', '>', after).orderBy('id').limit(limit);
  }

  async isOwner(shopId: number, userId: number): Promise<boolean> {
    const found = await this.#database('shop_owners')
      .where({ shop_id: shopId, user_id: userId })
      .first('shop_id');
    return found !== undefined;
  }

  /** @returns false when there is no such shop. */
  async setState(id: number, state: ShopState): Promise<boolean> {
    return (await this.#shops().where({ id }).update({ state })) > 0;
  }

  #shops() {
    return this.#database<ShopRow>('shops');
  }
}
