/** A product as the API shows it: the members in this order. */
export interface Product {
  readonly id: number;
  readonly shopId: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  /** Decimal with two places. */
  readonly price: string;
  readonly status: ProductStatus;
  readonly attributes: Readonly<Record<string, unknown>> | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const productStatuses = ['draft', 'live', 'sold_out'] as const;
export type ProductStatus = (typeof productStatuses)[number];

/** A product as the table holds it. */
export interface ProductRow {
  readonly id: number;
  readonly shop_id: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: string;
  readonly status: ProductStatus;
  /** JSON text. */
  readonly attributes: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The members that a client sets. */
export type ProductFields = Omit<Product, 'id' | 'createdAt' | 'updatedAt'>;

export function toProduct(row: ProductRow): Product {
  return {
    id: row.id,
    shopId: row.shop_id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    price: row.price,
    status: row.status,
    attributes: row.attributes === null ? null : JSON.parse(row.attributes),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
