import { Agent } from 'node:http';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readConfig } from '../../../extracted/search/config.ts';
import { idlFile, startSearchService } from '../../../extracted/search/server.ts';
import { randomFrom } from '../../../legacy/seed/random.ts';
import { adjectives, sentences, things } from '../../../legacy/seed/words.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { startGatewayFront } from '../../support/gateway-front.ts';
import { type HttpAnswer, httpCall } from '../../support/http-call.ts';
import { createShopDatabase, startLegacy } from '../../support/shop.ts';

const silent = pino({ level: 'silent' });
/** What depends on the connection or the second, not on the answer. */
const incidental = ['date', 'connection', 'keep-alive'];
const runs = Number(process.env.CONTRACT_RUNS ?? 300);

describeEachEngine('the search service', (lane) => {
  it('answers to the byte as the monolith does, in Korean and English', async () => {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await createShopDatabase(lane, 400));
    const legacy = stack.use(await startLegacy(database));
    const config = readConfig({
      ...{ PORT: '0', SEARCH_SHOP_URL: legacy.url, SEARCH_STALE_MS: '600000' },
      // Nobody listens there.
      NATS_URL: 'nats://127.0.0.1:1',
      SEARCH_MATCH: lane.engine === 'mysql' ? 'part' : 'beginning',
    });
    const service = await startSearchService({ config, log: silent });
    stack.defer(() => service.stop());
    const { address } = service;
    const front = stack.use(await startGatewayFront({ idl: idlFile, service: 'SearchService', address }));
    const agent = new Agent({ keepAlive: true });
    stack.defer(() => agent.destroy());
    const both = (path: string, headers = {}) =>
      Promise.all(
        [legacy.url, front.url].map(async (url) => {
          const answer = await httpCall(url, { method: 'GET', path, headers }, agent);
          return {
            status: answer.status,
            headers: Object.fromEntries(
              Object.entries(answer.headers).filter(([name]) => !incidental.includes(name)),
            ),
            body: answer.body.toString(),
          };
        }),
      ) as Promise<[Omit<HttpAnswer, 'body'> & { body: string }, unknown]>;
    await expect
      .poll(async () => (await httpCall(front.url, { method: 'GET', path: '/api/search?q=a' })).status)
      .toBe(200);

    const random = randomFrom(Number(process.env.CONTRACT_SEED ?? 2026));
    const texts = [...things, ...adjectives, ...sentences].flatMap((text) => text.split(' '));
    const part = () => {
      const characters = [...random.pick(texts)];
      const from = random.chance(50) ? 0 : random.between(0, characters.length - 1);
      const word = characters.slice(from, random.between(from + 1, characters.length)).join('');
      return random.pick([word, word, word.toUpperCase(), word.normalize('NFD')]);
    };
    const found = { some: 0, none: 0, refused: 0 };
    for (let run = 0; run < runs; run += 1) {
      const q = Array.from({ length: random.pick([1, 1, 2, 3]) }, part).join(' ');
      const shop = random.chance(30) ? `&shopId=${random.between(1, 6)}` : '';
      const limit = random.chance(50) ? `&limit=${random.between(1, 100)}` : '';
      const path = `/api/search?q=${encodeURIComponent(q)}${shop}${limit}`;
      const [expected, actual] = await both(path);
      expect(actual, `${q} ${path}`).toEqual(expected);
      if (expected.status !== 200) found.refused += 1;
      else if (expected.body === '{"products":[]}') found.none += 1;
      else found.some += 1;
    }
    expect(found.some).toBeGreaterThan(runs / 3);
    expect(found.none).toBeGreaterThan(runs / 50);

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
      ...[
        '?q=a&shopId=9223372036854775807',
        '?q=a&shopId=9223372036854775808',
        '?q=a+b&x=1',
        `?q=${'x'.repeat(300)}`,
      ],
      ...['?q=O%27Hara', '?q=made_by', '?q=%CC%81', '?q=%F0%9F%8D%B5', '?Q=a', '?q[]=a'],
    ];
    for (const query of odd) {
      const [expected, actual] = await both(`/api/search${query}`);
      expect(actual, query).toEqual(expected);
    }
    const [{ headers }] = await both('/api/search?q=lamp');
    const [again, asWell] = await both('/api/search?q=lamp', { 'if-none-match': headers.etag });
    expect(again.status).toBe(304);
    expect(asWell).toEqual(again);
  });
});
