import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Change, Document } from '../../../extracted/search/document.ts';
import { ElasticEngine } from '../../../extracted/search/elastic/elastic-engine.ts';
import { EmbeddedEngine } from '../../../extracted/search/embedded/embedded-engine.ts';
import type { Position, SearchEngine, SearchIndex } from '../../../extracted/search/search-index.ts';
import { searchWords, type WordMatch } from '../../../extracted/search/search-words.ts';
import { startElasticsearch } from '../../support/elasticsearch.ts';

interface Place extends AsyncDisposable {
  /** As another process would open it. */
  open(match?: WordMatch, hideClosedShops?: boolean): Promise<SearchEngine>;
}

async function elasticPlace() {
  const server = await startElasticsearch();
  return {
    ...server,
    open: (match: WordMatch = 'part', hideClosedShops = false) =>
      ElasticEngine.load({
        node: server.url,
        apiKey: 'secret',
        alias: 'shop-products',
        match,
        hideClosedShops,
      }),
  };
}

async function embeddedPlace() {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-search-'));
  return {
    folder,
    open: (match: WordMatch = 'part', hideClosedShops = false) =>
      Promise.resolve(new EmbeddedEngine(folder, { match, hideClosedShops })),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const at = (seq: number, stream = 'first'): Position => ({ stream, seq, freshUntil: 1_000 + seq });

function product(id: number, name: string, description = '', shopId = 1): Change {
  const rest = { sku: `S-${id}`, price: '1.00', createdAt: '', updatedAt: '' };
  return { kind: 'product', id, document: { id, shopId, name, description, ...rest } satisfies Document };
}

const found = async (index: SearchIndex, q: string, shopId?: number, limit = 100) =>
  (await index.search({ words: searchWords(q), shopId, limit })).map(({ id }) => id);

const goods: readonly Change[] = [
  product(1, '작은 머그컵', '제주에서 만들었습니다'),
  product(2, '담요', 'A warm Blanket, 100% wool'),
  product(3, '큰 머그컵을', 'Café au lait, foo_bar', 2),
  product(4, '머그 그컵', "O’Neil o'neil 각"),
  product(5, 'Notebook', 'ＷＩＤＥ', 3),
  { kind: 'shop', id: 1, state: 'open' },
  { kind: 'shop', id: 2, state: 'closed' },
];

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['embedded', embeddedPlace],
  ['Elasticsearch', elasticPlace],
];

it.each(places)(
  '%s finds the newest first, any part of a word, whatever its case and accents',
  async (_, make) => {
    await using place = await make();
    const engine = await place.open();
    const index = await engine.create(at(0));
    await index.apply(goods, at(7));
    expect(index.size).toBe(5);
    const all: readonly (readonly [string, number[]])[] = [
      ['머그컵', [3, 1]],
      ['그컵', [4, 3, 1]],
      ['컵', [4, 3, 1]],
      ['컵 머그', [4, 3, 1]],
      ['컵을', [3]],
      ['각', [4]],
      ['가', []],
      ['BLANK wool', [2]],
      ['blank 머그', []],
      ['cafe', [3]],
      ['CAFÉ', [3]],
      ['ook', [5]],
      ['wide', [5]],
      ['bar', [3]],
      ['neil', [4]],
      ['100', [2]],
    ];
    for (const [q, ids] of all) expect(await found(index, q), q).toEqual(ids);
    expect(await found(index, '컵', 1)).toEqual([4, 1]);
    expect(await found(index, '컵', undefined, 2)).toEqual([4, 3]);

    const beginning = await place.open('beginning');
    const another = await beginning.create(at(0));
    await another.apply(goods, at(7));
    // Of plain English words only the beginning, of Korean ones any part.
    for (const [q, ids] of [
      ['note', [5]],
      ['ook', []],
      ['lan', []],
      ['bar', []],
      ['neil', [4]],
      ['그컵', [4, 3, 1]],
    ] as const) {
      expect(await found(another, q), q).toEqual(ids);
    }

    const hiding = await (await place.open('part', true)).create(at(0));
    await hiding.apply(goods, at(7));
    expect(await found(hiding, '컵')).toEqual([4, 1]);
    expect(await found(hiding, 'notebook')).toEqual([]);
    await hiding.apply(
      [
        { kind: 'shop', id: 2, state: 'paused' },
        { kind: 'shop', id: 1, state: null },
      ],
      at(9),
    );
    expect(await found(hiding, '컵')).toEqual([3]);
  },
);

it.each(places)(
  '%s takes changes again, keeps its position, and is replaced by another index',
  async (_, make) => {
    await using place = await make();
    const engine = await place.open();
    expect(await engine.open()).toBe(null);
    const first = await engine.create(at(0));
    await first.apply(goods, at(7));
    await engine.swap(first);
    const later: readonly Change[] = [
      product(1, '주전자'),
      { kind: 'product', id: 2, document: null },
      { kind: 'product', id: 9, document: null },
      product(6, '머그컵'),
      product(6, '찻잔'),
    ];
    await first.apply(later, at(12));
    // Killed before the position was kept: the same comes again, in other pieces.
    await first.apply(goods.slice(0, 2), at(7));
    await first.apply(later.slice(0, 2), at(9));
    await first.apply(later, at(12));
    await engine.save();

    const again = await (await place.open()).open();
    expect(again?.position).toEqual(at(12));
    expect(again?.size).toBe(5);
    expect(await found(again!, '주전자')).toEqual([1]);
    expect(await found(again!, '담요')).toEqual([]);
    expect(await found(again!, '머그컵')).toEqual([3]);
    expect(await found(again!, '찻잔')).toEqual([6]);

    const dropped = await engine.create(at(12));
    await dropped.apply([product(8, '머그컵')], at(13));
    await engine.drop(dropped);
    const next = await engine.create(at(0, 'second'));
    await next.apply([product(7, '우산')], at(1, 'second'));
    expect(await found(first, '주전자')).toEqual([1]);
    await engine.swap(next);
    await next.apply([product(8, '우산')], at(2, 'second'));
    await engine.close();
    const last = await (await place.open()).open();
    expect(last?.position).toEqual(at(2, 'second'));
    expect(await found(last!, '우산')).toEqual([8, 7]);
    expect(await found(last!, '주전자')).toEqual([]);
  },
);

it('a file that was cut off, or is of another version, is none', async () => {
  await using place = await embeddedPlace();
  const engine = await place.open();
  const index = await engine.create(at(0));
  await index.apply(goods, at(7));
  await engine.swap(index);
  await engine.save();
  const file = join(place.folder, 'index.ndjson');
  const text = await readFile(file, 'utf8');
  for (const broken of [
    text.slice(0, -20),
    text.slice(0, 30),
    '',
    text.replace('"format":1', '"format":2'),
  ]) {
    await writeFile(file, broken);
    expect(await (await place.open()).open()).toBe(null);
  }
  await writeFile(file, text);
  expect((await (await place.open()).open())?.size).toBe(5);
});

it('Elasticsearch is asked only what its reference has, by external versions, and through the alias', async () => {
  await using place = await elasticPlace();
  const engine = await place.open();
  const first = await engine.create(at(0));
  await first.apply(goods, at(7));
  await engine.swap(first);
  const [name] = place.indices() as [string];
  expect(name).toMatch(/^shop-products-\d{14}-[0-9a-f]{6}$/);
  expect(place.requests.find(({ method, path }) => method === 'PUT' && path === `/${name}`)?.body).toEqual({
    mappings: expect.objectContaining({ dynamic: false }),
  });
  const bulk = place.requests.find(({ path }) => path.includes('/_bulk'))!;
  expect(bulk).toMatchObject({ method: 'POST', path: `/${name}/_bulk?require_alias=false&refresh=wait_for` });
  expect((bulk.body as unknown[])[0]).toEqual({
    index: { _id: 'product-1', version: 7, version_type: 'external' },
  });

  // Another process has put another index in its place: what this one still applies goes there, and no deleted index comes back.
  const other = await place.open();
  const next = await other.create(at(7));
  await next.apply([product(1, '새것')], at(20));
  await other.swap(next);
  expect(place.indices()).toHaveLength(1);
  await first.apply([product(1, '헌것')], at(15));
  expect(place.indices()).toHaveLength(1);
  expect(await found(first, '새것')).toEqual([1]);

  // Too much to do: nothing is taken for applied.
  place.rejectBulkItems(0.5);
  const before = next.position;
  await expect(next.apply(goods, at(30))).rejects.toThrow('did not take product-2: rejected execution');
  expect(next.position).toBe(before);
  place.rejectBulkItems(0);
  await next.apply(goods, at(30));
  expect(await found(next, '그컵')).toEqual([4, 3, 1]);
  expect(place.faults).toEqual([]);
});
