import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

/** An image without its bytes. */
export interface Image {
  readonly id: number;
  readonly productId: number;
  readonly fileName: string;
  readonly contentType: ImageType;
  /** Of the bytes, in hex. */
  readonly sha256: string;
}

/** What browsers show and no script hides in. */
export const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
export type ImageType = (typeof imageTypes)[number];

interface ImageRow {
  readonly id: number;
  readonly product_id: number;
  readonly file_name: string;
  readonly content_type: ImageType;
  readonly sha256: string;
  readonly bytes: Buffer;
  readonly created_at: Date;
}

const columns = ['id', 'product_id', 'file_name', 'content_type', 'sha256'] as const;

/** All that the shop asks of its `product_images` table. The bytes lie in it, too: one backup holds everything. */
export class ImageTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  async ofProduct(productId: number): Promise<readonly Image[]> {
    const rows = await this.#rows()
      .where({ product_id: productId })
      .orderBy('id')
      .select(...columns);
    return rows.map(toImage);
  }

  async find(id: number): Promise<Image | undefined> {
    const row = await this.#rows()
      .where({ id })
      .first(...columns);
    return row && toImage(row);
  }

  async bytes(id: number): Promise<Buffer | undefined> {
    return (await this.#rows().where({ id }).first('bytes'))?.bytes;
  }

  /** @throws the driver's error 1452 when there is no such product. */
  async insert(productId: number, fileName: string, contentType: ImageType, bytes: Buffer): Promise<Image> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const [id] = await this.#rows().insert({
      ...{ product_id: productId, file_name: fileName, content_type: contentType, sha256, bytes },
      created_at: this.#clock(),
    });
    return { id: id!, productId, fileName, contentType, sha256 };
  }

  async delete(id: number): Promise<void> {
    await this.#rows().where({ id }).delete();
  }

  #rows() {
    return this.#database<ImageRow>('product_images');
  }
}

function toImage(row: Omit<ImageRow, 'bytes' | 'created_at'>): Image {
  return {
    id: row.id,
    productId: row.product_id,
    fileName: row.file_name,
    contentType: row.content_type,
    sha256: row.sha256,
  };
}

/** By their first bytes: what a client calls them proves nothing. */
export function imageTypeOf(bytes: Buffer): ImageType | undefined {
  const begins = (hex: string, at = 0) => bytes.subarray(at, at + hex.length / 2).toString('hex') === hex;
  if (begins('89504e470d0a1a0a')) return 'image/png';
  if (begins('ffd8ff')) return 'image/jpeg';
  if (begins('474946383961') || begins('474946383761')) return 'image/gif';
  if (begins('52494646') && begins('57454250', 8)) return 'image/webp';
  return undefined;
}
