import { z } from 'zod';
import type { Document } from '../document.ts';
import type { FeedMessage, PlacedWatermark } from './feed.ts';
import { readStreamPlace } from './stream-place.ts';

/** A row of `products` as the feed prints its columns. */
const productRow = z.object({
  id: z.int(),
  shop_id: z.int(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.string(),
  status: z.enum(['draft', 'live', 'sold_out']),
  attributes: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

const shopState = z.enum(['open', 'paused', 'closed']);

const order = { feature: z.string(), epoch: z.int(), seq: z.int() };

const row = z.object({
  op: z.enum(['c', 'u', 'd', 'r']),
  key: z.looseObject({ id: z.int() }).nullable().optional(),
  after: z.record(z.string(), z.unknown()).nullable(),
  source: z.looseObject({ ...order, table: z.enum(['products', 'shops']) }),
  ts_ms: z.number(),
});

/** Without a row: the beginning or end of a table's snapshot. */
const mark = z.object({
  op: z.literal('m'),
  source: z.looseObject({ ...order, table: z.string(), snapshot: z.enum(['first', 'last']) }),
});

const message = z.discriminatedUnion('op', [row, mark]);

/**
 * What a message of the feed says to an index; null: nothing. Pure.
 *
 * @throws ZodError where it is not what docs/feed.md says
 */
export function readChangeMessage(said: unknown): FeedMessage | null {
  const read = message.parse(said);
  const { feature, epoch, seq } = read.source;
  const order = { feature, epoch, seq };
  if (read.op === 'm') {
    const { table, snapshot } = read.source;
    return snapshot === 'last' ? { kind: 'snapshot-end', table, order } : null;
  }
  const { key, after, source, ts_ms: readAt } = read;
  const id = z.int().parse(after?.id ?? key?.id);
  const common = { kind: 'change', table: source.table, order, readAt } as const;
  if (source.table === 'shops') {
    const state = after === null ? null : shopState.parse(after.state);
    return { ...common, change: { kind: 'shop', id, state } };
  }
  const document = after === null ? null : documentOf(productRow.parse(after));
  return { ...common, change: { kind: 'product', id, document } };
}

const watermark = z.looseObject({ ...order, tables: z.array(z.string()), told_until: z.number() });

/** @throws ZodError where it is not what docs/feed.md says. Pure. */
export function readChangeWatermark(said: unknown): PlacedWatermark {
  const { tables, told_until: until, feature, epoch, seq } = watermark.parse(said);
  const read = { kind: 'watermark', tables, until, order: { feature, epoch, seq } } as const;
  return { watermark: read, stream: readStreamPlace(said) };
}

/** Only a live product is found. */
function documentOf(row: z.output<typeof productRow>): Document | null {
  if (row.status !== 'live') return null;
  return {
    id: row.id,
    shopId: row.shop_id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    price: row.price,
    ...(row.attributes !== null && { attributes: JSON.stringify(JSON.parse(row.attributes)) }),
    createdAt: isoOf(row.created_at),
    updatedAt: isoOf(row.updated_at),
  };
}

/** The tables hold UTC: `2026-11-30 09:33:41.250`. */
function isoOf(text: string): string {
  return new Date(`${text.replace(' ', 'T')}Z`).toISOString();
}
