import type { Request } from 'express';
import { notFound } from '../../http/api-error.ts';
import { pathId } from '../../http/parameters.ts';
import type { Models } from '../../models/models.ts';
import type { Product } from '../../models/product.ts';
import type { ShopRow } from '../../models/shop-table.ts';
import type { User } from '../../models/user-table.ts';

/** The shop of the path. @throws ApiError 404 for another's shop as for one that does not exist. */
export async function ownShop({ shops }: Models, request: Request, user: User): Promise<ShopRow> {
  const shop = await shops.find(pathId(request));
  if (shop === undefined || !(await shops.isOwner(shop.id, user.id))) throw notFound('shop');
  return shop;
}

/** The product of the path. @throws ApiError 404 for another's product as for one that does not exist. */
export async function ownProduct(
  { products, shops }: Models,
  request: Request,
  user: User,
): Promise<Product> {
  const product = await products.find(pathId(request));
  if (product === undefined || !(await shops.isOwner(product.shopId, user.id))) throw notFound('product');
  return product;
}
