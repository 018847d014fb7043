import { z } from 'zod';
import type { Change, Document } from '../document.ts';

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

const message = z.object({
  op: z.enum(['c', 'u', 'd', 'r', 'm']),
  key: z.looseObject({ id: z.int() }).nullable().optional(),
  after: z.record(z.string(), z.unknown()).nullable(),
  source: z.looseObject({ table: z.string() }),
});

/**
 * What a message of the feed says to an index; null: nothing, it tells of no row. Pure.
 *
 * @throws ZodError where it is not what docs/feed.md says
 */
export function changeOfMessage(said: unknown): Change | null {
  const { op, key, after, source } = message.parse(said);
  if (op === 'm') return null;
  const id = z.int().parse(after?.id ?? key?.id);
  if (source.table === 'shops') {
    return { kind: 'shop', id, state: after === null ? null : shopState.parse(after.state) };
  }
  return { kind: 'product', id, document: after === null ? null : documentOf(productRow.parse(after)) };
}

const mark = z.looseObject({ op: z.literal('m'), source: z.looseObject({ snapshot: z.literal('last') }) });

/**
 * Whether a message ends a table's snapshot. One is sent where the feed was not on before: what was deleted until then no message tells. Pure.
 */
export function endsSnapshot(said: unknown): boolean {
  return mark.safeParse(said).success;
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
