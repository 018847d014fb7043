import { Agent } from 'node:http';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readConfig } from '../../../extracted/search/config.ts';
import { idlFile, startSearchService } from '../../../extracted/search/server.ts';
import { randomFrom } from '../../../legacy/seed/random.ts';
import { adjectives, sentences, things } from '../../../legacy/seed/words.ts';
import { seed } from '../../../legacy/seed.ts';
import { migrate } from '../../../scripts/migrate.ts';
import { describeEachEngine, describeOnEngine, type Engine } from '../../support/databases.ts';
import { httpCall } from '../../support/http-call.ts';
import { jsonApi } from '../../support/json-api.ts';
import { startPrograms, twoDatabases } from '../../support/programs.ts';
import { startRouterFront } from '../../support/router-front.ts';
import { createShopDatabase, endpointOf, startLegacy } from '../../support/shop.ts';

const silent = pino({ level: 'silent' });
/** What depends on the connection or the second, not on the answer. */
const incidental = ['date', 'connection', 'keep-alive'];
/** Other numbers ask other things: `CONTRACT_SEED=7 CONTRACT_RUNS=3000 npx vitest run --project real search.test`. */
const runs = Number(process.env.CONTRACT_RUNS ?? 150);
const random = randomFrom(Number(process.env.CONTRACT_SEED ?? 2026));

/** A search that has only its rows, read at `shop`: nobody listens where its broker should be. */
function settings(engine: Engine, shop: string) {
  return readConfig({
    ...{ PORT: '0', SEARCH_SHOP_URL: shop, SEARCH_STALE_MS: '3600000', NATS_URL: 'nats://127.0.0.1:1' },
    SEARCH_MATCH: engine === 'mysql' ? 'part' : 'beginning',
  });
}

const seedWords = [...things, ...adjectives, ...sentences].flatMap((text) => text.split(' '));

/** Parts of the seed's words, one to three of them, as somebody may type them. */
function someSearch(): string {
  const part = () => {
    const characters = [...random.pick(seedWords)];
    const from = random.chance(50) ? 0 : random.between(0, characters.length - 1);
    const word = characters.slice(from, random.between(from + 1, characters.length)).join('');
    return random.pick([word, word, word.toUpperCase(), word.normalize('NFD')]);
  };
  return Array.from({ length: random.pick([1, 1, 2, 3]) }, part).join(' ');
}

/** Names that no seed has, and parts of them that are searched. */
const names = [
  ...['abc', 'ab, bc', "O'Neil rock'n'roll", 'foo_bar 3.14', 'straße', 'ΟΔΟΣ οδος', 'ＡＢＣＤ', '½ cup Ⅷ'],
  ...['ハハ', 'ぱぱ', 'ﬁsh fish', '한글abc한글', 'Ægir', 'Đà Nẵng łódź', '각하', '中文字', 'x'.repeat(90)],
  '가나'.normalize('NFD'),
];

/** What the two find differently, as docs/shop-services.md says. */
const differences: Readonly<Record<Engine, readonly string[]>> = {
  mariadb: ['STRASSE', 'xxx', 'XXX', 'x'.repeat(90), 'X'.repeat(90), '가나', '나'],
  mysql: ['abc', 'ABC', 'ａｂｃ', 'ＡＢＣ', '가나', '나'],
};

describeEachEngine('the search service', (lane) => {
  it('answers to the byte as the monolith does, through the whole router, in Korean and English', async () => {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await createShopDatabase(lane, 400));
    const legacy = stack.use(await startLegacy(database));
    for (const [at, name] of names.entries()) {
      const body = { shopId: 1, sku: `T-${at}`, name, price: '1.00', status: 'live' };
      expect((await jsonApi(legacy.url)('POST', '/admin/products', body)).status).toBe(201);
    }
    const service = await startSearchService({ config: settings(lane.engine, legacy.url), log: silent });
    stack.defer(() => service.stop());
    const front = stack.use(
      await startRouterFront({
        ...{ idl: idlFile, service: 'SearchService', address: service.address, legacy: legacy.url },
      }),
    );
    const agent = new Agent({ keepAlive: true });
    stack.defer(() => agent.destroy());
    const ask = async (url: string, path: string, headers = {}) => {
      const answer = await httpCall(url, { method: 'GET', path, headers }, agent);
      const kept = Object.entries(answer.headers).filter(([name]) => !incidental.includes(name));
      return { status: answer.status, headers: Object.fromEntries(kept), body: answer.body.toString() };
    };
    const both = (query: string, headers = {}) =>
      Promise.all([legacy.url, front.url].map((url) => ask(url, `/api/search${query}`, headers)));
    await expect.poll(async () => (await ask(front.url, '/api/search?q=a')).status).toBe(200);

    const found = { some: 0, none: 0 };
    for (let run = 0; run < runs; run += 1) {
      const q = someSearch();
      const shop = random.chance(30) ? `&shopId=${random.between(1, 6)}` : '';
      const limit = random.chance(50) ? `&limit=${random.between(1, 100)}` : '';
      const [expected, actual] = await both(`?q=${encodeURIComponent(q)}${shop}${limit}`);
      expect(actual, `${q}${shop}${limit}`).toEqual(expected);
      found[expected!.body === '{"products":[]}' ? 'none' : 'some'] += 1;
    }
    expect(found.some).toBeGreaterThan(runs / 3);
    expect(found.none).toBeGreaterThan(runs / 50);

    const words = names.flatMap((name) => name.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []);
    const parts = words.flatMap((word) => {
      const characters = [...word];
      return [word, characters.slice(0, 3).join(''), characters.slice(-2).join('')];
    });
    const cases = parts.flatMap((part) => [part, part.toUpperCase(), part.toLowerCase()]);
    const different: string[] = [];
    for (const q of new Set(cases)) {
      const [expected, actual] = await both(`?limit=100&q=${encodeURIComponent(q)}`);
      if (expected!.body !== actual!.body) different.push(q.normalize('NFC'));
    }
    expect([...new Set(different)].sort()).toEqual([...differences[lane.engine]].sort());

    const odd = [
      ...[
        '',
        '?q=',
        '?q=%25',
        '?q=a&q=%EC%BB%B5',
        '?q=a&limit=0',
        '?q=a&limit=101',
        '?q=a&limit=x',
        '?q=a&limit=',
      ],
      ...['?q=a&shopId=1&shopId=2', '?q=a&shopId=-1', '?q=a&shopId=-0', '?q=a&shopId=01', '?q=50%&limit=3'],
      ...['?q=a&shopId=9223372036854775807', '?q=a&shopId=9223372036854775808', '?q=a+b&x=1'],
      ...['?q=made_by', '?q=%CC%81', '?q=%F0%9F%8D%B5', '?Q=a', '?q[]=a', `?q=${'y'.repeat(300)}%20wool`],
    ];
    for (const query of odd) {
      const [expected, actual] = await both(query);
      expect(actual, query).toEqual(expected);
    }
    const [{ headers } = {}] = await both('?q=lamp');
    const [again, asWell] = await both('?q=lamp', { 'if-none-match': headers!.etag });
    expect(again!.status).toBe(304);
    expect(asWell).toEqual(again);
  });
});

describeOnEngine('mariadb', 'the search as a feature without tables', (lane) => {
  it('is compared by a shadow, and cut over, with what its IDL says alone', async () => {
    await using stack = new AsyncDisposableStack();
    const { schema, databases } = stack.use(await twoDatabases(lane, 'shop', 'unused'));
    await migrate(endpointOf(databases.legacy), 'legacy');
    await seed(endpointOf(databases.legacy), { products: 200, shops: 5, orders: 10 });
    const legacy = stack.use(await startLegacy(databases.legacy));
    const service = await startSearchService({ config: settings('mariadb', legacy.url), log: silent });
    stack.defer(() => service.stop());
    const programs = stack.use(
      await startPrograms(
        'search',
        {
          databases,
          state: { database: 'legacy', schema },
          legacy: { addresses: [legacy.url], database: 'legacy' },
          // A busy machine is no reason to leave anything out here.
          router: { shadow: { maxLagMs: 60_000, settleMs: 30_000, reportMs: 200 } },
          features: {
            search: { service: { idl: idlFile, name: 'SearchService', addresses: [service.address] } },
          },
        },
        { running: ['up'] },
      ),
    );
    const why = 'as planned';
    const order = (action: string, more = {}) =>
      programs.admin(`/v1/features/search/${action}`, { why, ...more });
    expect(await order('copy')).toContain('"stage":"syncing"');
    await order('shadow', { percent: 100 });
    const search = () => `/api/search?q=${encodeURIComponent(someSearch())}`;
    const diff = () =>
      programs.admin('/v1/features/search/diff') as Promise<{ compared: number; different: number }>;
    const compared = async () => {
      for (let left = 10; left > 0; left -= 1) await fetch(programs.router + search());
      return (await diff()).compared;
    };
    await expect.poll(compared).toBeGreaterThanOrEqual(60);
    expect(await diff()).toMatchObject({ different: 0 });
    expect(await order('cutover')).toContain('"owner":"service"');
    expect((await fetch(`${programs.router}/api/search/?q=lamp`)).status).toBe(404);
    await service.stop();
    const lamps = `${programs.router}/api/search?q=lamp`;
    expect((await fetch(lamps)).status).toBe(503);
    expect(await order('rollback')).toContain('"owner":"legacy"');
    expect((await fetch(lamps)).status).toBe(200);
  });
});
