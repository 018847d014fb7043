import { expect, it } from 'vitest';
import { readConfig } from '../../../extracted/search/config.ts';
import {
  readChangeMessage as read,
  readChangeWatermark,
} from '../../../extracted/search/feed/change-message.ts';
import { readEventMessage, readEventWatermark } from '../../../extracted/search/feed/event-message.ts';
import { gapBefore } from '../../../extracted/search/indexer.ts';
import { Progress } from '../../../extracted/search/progress.ts';
import { searchWords } from '../../../extracted/search/search-words.ts';

it('the search service names all settings that it cannot use, and takes empty ones as left out', () => {
  expect(readConfig({ SEARCH_DATA_DIR: '', PORT: '' })).toMatchObject({
    port: 7408,
    healthPort: null,
    staleAfterMs: 10_000,
    engine: { kind: 'embedded', folder: null },
  });
  expect(readConfig({ SEARCH_SHOP_URL: 'https://shop.example/' }).shop).toBe('https://shop.example');
  const wrong = {
    PORT: '70000',
    SEARCH_STALE_MS: 'soon',
    SEARCH_ENGINE: 'sphinx',
    SEARCH_SHOP_URL: 'ftp://x',
  };
  for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(name);
  const hiding = { SEARCH_FEED: 'events', SEARCH_CLOSED_SHOPS: 'hide' };
  expect(() => readConfig(hiding)).toThrow(
    'SEARCH_CLOSED_SHOPS=hide: SEARCH_FEED=events tells of products alone',
  );
});

it('a search is at most six words of forty letters, marks and digits', () => {
  expect(searchWords('  100% (wool) 머그컵! wool')).toEqual(['100', 'wool', '머그컵']);
  expect(searchWords('a b c d e f g')).toHaveLength(6);
  expect(searchWords('x'.repeat(300))).toEqual(['x'.repeat(40)]);
  // As a Mac types it: taken apart.
  expect(searchWords('각'.normalize('NFD'))).toEqual(['각']);
  expect(searchWords('%+ -"')).toEqual([]);
});

it('a message of the feed becomes a change; who is not live is not found', () => {
  const row = {
    ...{ id: 42, shop_id: 2, sku: 'A', name: '김치', description: '', price: '12.50', status: 'live' },
    attributes: '{"b": 1,\n"a":[1.50]}',
    ...{ created_at: '2026-11-30 09:33:41', updated_at: '2026-11-30 09:33:41.250', added_later: 'x' },
  };
  const order = { feature: 'product', epoch: 1, seq: 2 };
  const source = { ...order, table: 'products', db: 'product', snapshot: 'false' };
  const common = { kind: 'change', table: 'products', order, readAt: 1 };
  expect(read({ op: 'u', key: { id: 42 }, before: null, after: row, source, ts_ms: 1 })).toEqual({
    ...common,
    change: {
      ...{ kind: 'product', id: 42 },
      document: {
        ...{ id: 42, shopId: 2, sku: 'A', name: '김치', description: '', price: '12.50' },
        attributes: '{"b":1,"a":[1.5]}',
        ...{ createdAt: '2026-11-30T09:33:41.000Z', updatedAt: '2026-11-30T09:33:41.250Z' },
      },
    },
  });
  const gone = { ...common, change: { kind: 'product', id: 42, document: null } };
  const key = { id: 42 };
  expect(read({ op: 'r', key, after: { ...row, status: 'draft' }, source, ts_ms: 1 })).toEqual(gone);
  expect(read({ op: 'd', key, after: null, source, ts_ms: 1 })).toEqual(gone);
  const closed = { id: 3, state: 'closed', name: 'x' };
  const shops = { ...source, table: 'shops' };
  expect(read({ op: 'c', key: { id: 3 }, after: closed, source: shops, ts_ms: 1 })).toMatchObject({
    ...{ table: 'shops', change: { kind: 'shop', id: 3, state: 'closed' } },
  });
  const mark = (more: object) => read({ op: 'm', key: null, after: null, source: { ...source, ...more } });
  expect(mark({ snapshot: 'first' })).toBe(null);
  expect(mark({ snapshot: 'last' })).toEqual({ kind: 'snapshot-end', table: 'products', order });
  const stream = { name: 'S', created: '2026', seq: 9 };
  expect(readChangeWatermark({ ...order, tables: ['products'], told_until: 7, stream })).toEqual({
    watermark: { kind: 'watermark', tables: ['products'], until: 7, order },
    stream: { id: 'S 2026', seq: 9 },
  });
  expect(() => read({ op: 'u', key, after: { ...row, name: 7 }, source, ts_ms: 1 })).toThrow('name');
});

it('so does an event of the product service', () => {
  const rest = { shopId: 2, sku: 'A', name: '김치', description: '', price: '12.50' };
  const after = { id: 42, ...rest, attributes: '{"a":1}', createdAt: 'c', updatedAt: 'u' };
  const event = { id: 'uuid', type: 'product.changed', key: '42', op: 'u', before: null, ts_ms: 1 };
  const common = { kind: 'change', table: 'products', order: null, readAt: 1 };
  expect(readEventMessage({ ...event, after: { ...after, status: 'live' } })).toEqual({
    ...common,
    change: { kind: 'product', id: 42, document: after },
  });
  const gone = { ...common, change: { kind: 'product', id: 42, document: null } };
  expect(readEventMessage({ ...event, after: { ...after, status: 'sold_out' } })).toEqual(gone);
  expect(readEventMessage({ ...event, op: 'd', after: null })).toEqual(gone);
  const stream = { name: 'S', created: '2026', seq: 9 };
  expect(readEventWatermark({ told_until: 7, stream })).toEqual({
    watermark: { kind: 'watermark', tables: ['products'], until: 7, order: null },
    stream: { id: 'S 2026', seq: 9 },
  });
});

it('no row of an index goes back, whatever comes again, and it is as fresh as the last watermark says', () => {
  const order = (seq: number, epoch = 1) => ({ feature: 'product', epoch, seq });
  const change = (id: number, seq: number, readAt = 900, epoch = 1) =>
    ({
      kind: 'change',
      ...{ table: 'products', order: order(seq, epoch), readAt },
      change: { kind: 'product', id, document: null },
    }) as const;
  const watermark = (seq: number, until: number, tables = ['products'], epoch = 1) =>
    ({ kind: 'watermark', tables, until, order: order(seq, epoch) }) as const;
  const end = (seq: number) => ({ kind: 'snapshot-end', table: 'products', order: order(seq) }) as const;
  const options = { tables: ['products'], snapshotsAfter: 0 };
  const progress = new Progress({}, options);
  const takes = (message: ReturnType<typeof change>) => progress.take(message, 1) !== null;
  // Of one row: what comes again, and what was before it. Another row's smaller number is none of these.
  expect([change(1, 5), change(1, 5), change(1, 4), change(2, 3), change(1, 6)].map(takes)).toEqual([
    ...[true, false, false, true, true],
  ]);
  expect(progress.freshUntil).toBe(null);
  progress.take(watermark(6, 1_000), 1);
  expect(progress.freshUntil).toBe(1_000);
  // All that it has counted, also of rows that nothing was told of here, and of earlier epochs; what is later is taken.
  expect([change(9, 6), change(9, 7, 900, 0), change(9, 7, 1_100)].map(takes)).toEqual([false, false, true]);
  expect(progress.freshUntil).toBe(1_000);
  // An older state than is known: until a watermark says that all was told.
  expect([change(8, 8, 400), change(8, 1, 300, 2)].map(takes)).toEqual([true, true]);
  expect(progress.freshUntil).toBe(300);
  // One whose place is before that message does not.
  progress.take(watermark(6, 1_000), 0);
  expect(progress.freshUntil).toBe(300);
  progress.take(watermark(6, 1_000), 1);
  progress.take(watermark(3, 1_200, ['others'], 2), 1);
  expect(progress.freshUntil).toBe(1_000);
  progress.take(watermark(4, 1_300, ['products'], 2), 1);
  expect(progress.freshUntil).toBe(1_300);
  // Kept with an index, it goes on from there.
  const again = new Progress({ told: JSON.parse(JSON.stringify(progress.told)) }, options);
  expect([again.freshUntil, again.take(change(7, 4, 900, 2), 1)]).toEqual([1_300, null]);

  // A snapshot's end is old news where it was counted, and makes an index no fresher where it is none.
  progress.take(end(9), 1);
  expect(progress.outdated).toBe(false);
  progress.take({ ...end(9), order: order(5, 2) }, 1);
  progress.take(watermark(5, 2_000, ['products'], 2), 1);
  expect([progress.outdated, progress.freshUntil]).toEqual([true, 1_300]);
  // Rows that are read from now on have all that was counted, and are as fresh as the side they come from is known to be.
  expect(progress.forRowsSince(5_000)).toMatchObject({ fresh: { products: 1_300 }, outdated: false });
  const first = new Progress({}, { tables: ['products', 'shops'], snapshotsAfter: 3 });
  expect(first.forRowsSince(5_000)).toMatchObject({ fresh: { products: 5_000, shops: 5_000 } });
  first.take(watermark(1, 9_000), 1);
  expect(first.freshUntil).toBe(null);
  first.take(end(2), 3);
  expect(first.outdated).toBe(false);
});

it('an index goes on only where the feed has what comes next', () => {
  const at = { stream: 'a', seq: 10, freshUntil: 0 };
  const standing = { stream: 'a', firstSeq: 1, lastSeq: 10 };
  expect(gapBefore(at, standing)).toBe(null);
  expect(gapBefore(at, { ...standing, firstSeq: 11, lastSeq: 12 })).toBe(null);
  expect(gapBefore(at, { ...standing, firstSeq: 12, lastSeq: 20 })).toContain('no longer has');
  expect(gapBefore(at, { ...standing, lastSeq: 9 })).toContain('lost its end');
  expect(gapBefore(at, { ...standing, stream: 'b' })).toContain('another one');
});
