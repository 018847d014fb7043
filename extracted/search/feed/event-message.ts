import { z } from 'zod';
import type { Change } from '../document.ts';

/** A product as its service's events tell it. */
const product = z.object({
  id: z.int(),
  shopId: z.int(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.string(),
  status: z.enum(['draft', 'live', 'sold_out']),
  attributes: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const message = z.object({ key: z.string().regex(/^\d+$/), after: product.nullable() });

/**
 * What an event of the product service says to an index. Pure.
 *
 * @throws ZodError where it is none
 */
export function changeOfEvent(said: unknown): Change {
  const { key, after } = message.parse(said);
  const id = Number(key);
  if (after === null || after.status !== 'live') return { kind: 'product', id, document: null };
  const { status: _, attributes, ...rest } = after;
  return { kind: 'product', id, document: { ...rest, ...(attributes !== undefined && { attributes }) } };
}
