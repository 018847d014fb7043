import type { Knex } from 'knex';

export const shopStates = ['open', 'paused', 'closed'] as const;
/** Only an open shop takes orders. */
export type ShopState = (typeof shopStates)[number];

export interface ShopRow {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly created_at: Date;
  readonly state: ShopState;
}

export type ShopFields = Pick<ShopRow, 'name' | 'city' | 'email' | 'state'>;

export type ListedShop = Pick<ShopRow, 'id' | 'name' | 'city' | 'state'>;

/** Shops wherever their rows are: the shop's own tables, or a service. */
export interface Shops
  extends Pick<ShopTable, 'find' | 'ownedBy' | 'isOwner' | 'insert' | 'update' | 'setState'>,
    Pick<ShopTable, 'ownersOf' | 'addOwner' | 'removeOwner'> {
  page(after: number, limit: number): Promise<readonly ListedShop[]>;
  freshPage(after: number, limit: number): Promise<readonly ListedShop[]>;
}

/** All that the shop asks of `shops` and `shop_owners`. */
export class ShopTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  async find(id: number): Promise<ShopRow | undefined> {
    return this.#rows().where({ id }).first();
  }

  async page(after: number, limit: number): Promise<readonly ShopRow[]> {
    return this.#rows().where('id', '>', after).orderBy('id').limit(limit);
  }

  /** The same, asked of whoever owns the rows: who does not answer is not replaced by a copy. */
  freshPage(after: number, limit: number): Promise<readonly ShopRow[]> {
    return this.page(after, limit);
  }

  async ownedBy(userId: number): Promise<readonly ShopRow[]> {
    return this.#rows()
      .whereIn('id', this.#database('shop_owners').where({ user_id: userId }).select('shop_id'))
      .orderBy('id');
  }

  async isOwner(shopId: number, userId: number): Promise<boolean> {
    const found = await this.#owners().where({ shop_id: shopId, user_id: userId }).first('shop_id');
    return found !== undefined;
  }

  async insert(fields: ShopFields): Promise<number> {
    const [id] = await this.#rows().insert({ ...fields, created_at: this.#clock() });
    return id!;
  }

  /** @returns false when there is no such shop. */
  async update(id: number, fields: ShopFields): Promise<boolean> {
    return (await this.#rows().where({ id }).update(fields)) > 0;
  }

  /** @returns false when there is no such shop. */
  async setState(id: number, state: ShopState): Promise<boolean> {
    return (await this.#rows().where({ id }).update({ state })) > 0;
  }

  /** Ids of users. */
  async ownersOf(shopId: number): Promise<readonly number[]> {
    return this.#owners().where({ shop_id: shopId }).orderBy('user_id').pluck('user_id');
  }

  /** Adding an owner twice is adding it once. */
  async addOwner(shopId: number, userId: number): Promise<void> {
    await this.#owners()
      .insert({ shop_id: shopId, user_id: userId })
      .onConflict(['shop_id', 'user_id'])
      .merge(['user_id']);
  }

  async removeOwner(shopId: number, userId: number): Promise<void> {
    await this.#owners().where({ shop_id: shopId, user_id: userId }).delete();
  }

  #rows() {
    return this.#database<ShopRow>('shops');
  }

  #owners() {
    return this.#database('shop_owners');
  }
}
