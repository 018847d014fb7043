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

/** What those who run a shop may set of it. */
export type ShopFields = Pick<ShopRow, 'name' | 'city' | 'email' | 'state'>;

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
    const found = await this.#owners().where({ shop_id: shopId, user_id: userId }).first('shop_id');
    return found !== undefined;
  }

  async ownedBy(userId: number): Promise<readonly ShopRow[]> {
    const owned = this.#owners().where({ user_id: userId }).select('shop_id');
    return this.#shops().whereIn('id', owned).orderBy('id');
  }

  async ownersOf(shopId: number): Promise<readonly number[]> {
    return this.#owners().where({ shop_id: shopId }).orderBy('user_id').pluck('user_id');
  }

  /** @returns the new shop's id. */
  async insert(fields: ShopFields): Promise<number> {
    // The column holds whole seconds and MySQL would round up, into the future.
    const created_at = new Date(Math.floor(Date.now() / 1000) * 1000);
    const [id] = await this.#shops().insert({ ...fields, created_at });
    return id!;
  }

  /** @returns false when there is no such shop. */
  async update(id: number, fields: Partial<ShopFields>): Promise<boolean> {
    return (await this.#shops().where({ id }).update(fields)) > 0;
  }

  /** Adding an owner twice is adding it once. @throws the driver's error 1452 when there is no such shop. */
  async addOwner(shopId: number, userId: number): Promise<void> {
    await this.#owners()
      .insert({ shop_id: shopId, user_id: userId })
      .onConflict(['shop_id', 'user_id'])
      .merge(['user_id']);
  }

  async removeOwner(shopId: number, userId: number): Promise<void> {
    await this.#owners().where({ shop_id: shopId, user_id: userId }).delete();
  }

  #owners() {
    return this.#database('shop_owners');
  }

  #shops() {
    return this.#database<ShopRow>('shops');
  }
}
