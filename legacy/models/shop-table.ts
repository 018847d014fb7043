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
  async update(id: number, fields: Partial<ShopFields>): Promise<boolean> {
    return (await this.#rows().where({ id }).update(fields)) > 0;
  }

  async ownersOf(shopId: number): Promise<readonly { readonly id: number; readonly email: string }[]> {
    return this.#owners()
      .join('users', 'users.id', 'shop_owners.user_id')
      .where({ shop_id: shopId })
      .orderBy('users.id')
      .select('users.id', 'users.email');
  }

  /** Makes a user an owner; who was no more than a user gets the role. */
  async addOwner(shopId: number, userId: number): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction('shop_owners')
        .insert({ shop_id: shopId, user_id: userId })
        .onConflict(['shop_id', 'user_id'])
        .merge(['user_id']);
      await transaction('users').where({ id: userId, role: 'user' }).update({ role: 'owner' });
    });
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
