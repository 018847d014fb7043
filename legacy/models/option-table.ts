import type { Knex } from 'knex';

/** A variant of a product. */
export interface Option {
  readonly id: number;
  readonly productId: number;
  readonly name: string;
  /** Decimal with two places, on top of the product's price. */
  readonly surcharge: string;
  readonly imageId: number | null;
}

interface OptionRow {
  readonly id: number;
  readonly product_id: number;
  readonly image_id: number | null;
  readonly name: string;
  readonly surcharge: string;
}

/** All that the shop asks of its `product_options` table. */
export class OptionTable {
  readonly #database: Knex;

  constructor(database: Knex) {
    this.#database = database;
  }

  async ofProduct(productId: number): Promise<readonly Option[]> {
    return (await this.#rows().where({ product_id: productId }).orderBy('id')).map(toOption);
  }

  async findMany(ids: readonly number[], reader: Knex): Promise<readonly Option[]> {
    return ids.length === 0
      ? []
      : (await reader<OptionRow>('product_options').whereIn('id', ids)).map(toOption);
  }

  /** @throws the driver's duplicate-key error when the product has an option of this name. */
  async insert({ productId, imageId, ...same }: Omit<Option, 'id'>): Promise<void> {
    await this.#rows().insert({ ...same, product_id: productId, image_id: imageId });
  }

  /** @returns false when the product has no such option. */
  async delete(productId: number, id: number): Promise<boolean> {
    return (await this.#rows().where({ id, product_id: productId }).delete()) > 0;
  }

  #rows() {
    return this.#database<OptionRow>('product_options');
  }
}

function toOption({ id, product_id, image_id, name, surcharge }: OptionRow): Option {
  return { id, productId: product_id, name, surcharge, imageId: image_id };
}
