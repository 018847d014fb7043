import { z } from 'zod';
import type { FeedMessage, PlacedWatermark } from './feed.ts';
import { readStreamPlace } from './stream-place.ts';

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

const event = z.object({
  key: z.string().regex(/^\d+$/),
  after: product.nullable(),
  ts_ms: z.number(),
});

const watermark = z.looseObject({ told_until: z.number() });

/** Of the outbox's relay. @throws ZodError where it is none. Pure. */
export function readEventWatermark(said: unknown): PlacedWatermark {
  const { told_until: until } = watermark.parse(said);
  const read = { kind: 'watermark', tables: ['products'], until, order: null } as const;
  return { watermark: read, stream: readStreamPlace(said) };
}

/**
 * What an event of the product service says to an index. Pure.
 *
 * @throws ZodError where it is none
 */
export function readEventMessage(said: unknown): FeedMessage {
  const { key, after, ts_ms: readAt } = event.parse(said);
  const id = Number(key);
  const common = { kind: 'change', table: 'products', order: null, readAt } as const;
  if (after === null || after.status !== 'live')
    return { ...common, change: { kind: 'product', id, document: null } };
  const { status: _, attributes, ...rest } = after;
  const document = { ...rest, ...(attributes !== undefined && { attributes }) };
  return { ...common, change: { kind: 'product', id, document } };
}
