import { type Product, ProductStatus } from './thrift-types.ts';

export type StatusName = keyof typeof ProductStatus;

/** A product as the table holds it. */
export interface ProductRow {
  readonly id: number;
  readonly shop_id: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: string;
  readonly status: StatusName;
  /** JSON text. */
  readonly attributes: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The columns that a client sets. */
export type ProductColumns = Omit<ProductRow, 'id' | 'created_at' | 'updated_at'>;

export function toProduct(row: ProductRow): Product {
  return {
    id: row.id,
    shopId: row.shop_id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    price: row.price,
    status: ProductStatus[row.status],
    ...(row.attributes !== null && { attributes: canonical(row.attributes) }),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/**
 * The text as the monolith prints it: rows that it wrote, and rows that MySQL spaced out, look the same to a client.
 */
function canonical(json: string): string {
  return JSON.stringify(JSON.parse(json));
}
