import { expect, it } from 'vitest';
import { readConfig } from '../../../extracted/search/config.ts';
import { changeOfMessage as changeOf } from '../../../extracted/search/feed/change-message.ts';
import { changeOfEvent } from '../../../extracted/search/feed/event-message.ts';
import { gapBefore } from '../../../extracted/search/indexer.ts';
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
  const source = { table: 'products', db: 'product', epoch: 1, seq: 2 };
  const change = changeOf({ op: 'u', key: { id: 42 }, before: null, after: row, source, ts_ms: 1 });
  expect(change).toEqual({
    kind: 'product',
    id: 42,
    document: {
      ...{ id: 42, shopId: 2, sku: 'A', name: '김치', description: '', price: '12.50' },
      attributes: '{"b":1,"a":[1.5]}',
      ...{ createdAt: '2026-11-30T09:33:41.000Z', updatedAt: '2026-11-30T09:33:41.250Z' },
    },
  });
  const gone = { kind: 'product', id: 42, document: null };
  expect(changeOf({ op: 'r', key: { id: 42 }, after: { ...row, status: 'draft' }, source })).toEqual(gone);
  expect(changeOf({ op: 'd', key: { id: 42 }, after: null, source })).toEqual(gone);
  expect(changeOf({ op: 'm', after: null, source })).toBe(null);
  const shops = { table: 'shops' };
  const closed = { id: 3, state: 'closed', name: 'x' };
  expect(changeOf({ op: 'c', key: { id: 3 }, after: closed, source: shops })).toEqual({
    ...{ kind: 'shop', id: 3, state: 'closed' },
  });
  expect(() => changeOf({ op: 'u', key: { id: 42 }, after: { ...row, name: 7 }, source })).toThrow('name');
});

it('so does an event of the product service', () => {
  const rest = { shopId: 2, sku: 'A', name: '김치', description: '', price: '12.50' };
  const after = { id: 42, ...rest, attributes: '{"a":1}', createdAt: 'c', updatedAt: 'u' };
  const event = { id: 'uuid', type: 'product.changed', key: '42', op: 'u', before: null, ts_ms: 1 };
  expect(changeOfEvent({ ...event, after: { ...after, status: 'live' } })).toEqual({
    ...{ kind: 'product', id: 42, document: after },
  });
  const gone = { kind: 'product', id: 42, document: null };
  expect(changeOfEvent({ ...event, after: { ...after, status: 'sold_out' } })).toEqual(gone);
  expect(changeOfEvent({ ...event, op: 'd', after: null })).toEqual(gone);
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
