import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, loadIdl } from 'banyan/rpc';
import mysql from 'mysql2/promise';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readConfig } from '../../../extracted/search/config.ts';
import { idlFile, startSearchService } from '../../../extracted/search/server.ts';
import type { SearchServiceClient } from '../../../extracted/search/thrift-types.ts';
import { findDebianProgram } from '../../../scripts/servers/find-debian-program.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { startGatewayFront } from '../../support/gateway-front.ts';
import { jsonApi } from '../../support/json-api.ts';
import { createShopDatabase, endpointOf, startLegacy } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';
import { ToldFeed } from '../../support/told-feed.ts';

const nats = await findDebianProgram('nats-server').catch(() => null);
if (nats === null)
  console.warn('\n!!! No nats-server can be had: the search’s feed was LEFT OUT of this run.\n');

describeOnEngine('mariadb', 'the search’s index', (lane) => {
  it.skipIf(nats === null)(
    'follows the feed, says how stale it is without, and is rebuilt while it answers',
    async () => {
      await using stack = new AsyncDisposableStack();
      const folder = await mkdtemp(join(tmpdir(), 'banyan-search-feed-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      const [natsPort, port] = (await freePorts(2)) as [number, number];
      const feed = new ToldFeed(join(folder, 'nats'), natsPort);
      await feed.start();
      stack.defer(() => feed.stop());
      const database = stack.use(await createShopDatabase(lane, 300));
      const rows = await mysql.createConnection({
        ...endpointOf(database),
        dateStrings: true,
        jsonStrings: true,
      });
      stack.defer(() => rows.end());
      const legacy = stack.use(await startLegacy(database));
      const shop = jsonApi(legacy.url);

      const env = {
        ...{ PORT: String(port), HEALTH_PORT: '0', NATS_URL: feed.url, SEARCH_SHOP_URL: legacy.url },
        ...{ SEARCH_DATA_DIR: join(folder, 'index'), SEARCH_STALE_MS: '3000' },
      };
      const start = (more = {}) => stack.use(startProgram('extracted/search/main.ts', { ...env, ...more }));
      let service = start();
      const health = async () => String((await service.ready).healthUrl);
      const idl = await loadIdl(idlFile);
      const addresses = [`127.0.0.1:${port}`];
      const client = createClient<SearchServiceClient>({ idl, service: 'SearchService', addresses });
      stack.defer(() => client.close());
      const front = stack.use(
        await startGatewayFront({ idl: idlFile, service: 'SearchService', address: addresses[0]! }),
      );
      const search = (q: string) =>
        jsonApi(front.url)('GET', `/api/search?limit=100&q=${encodeURIComponent(q)}`);
      const names = async (q: string) =>
        (await search(q)).json.products.map(({ name }: { name: string }) => name);
      const same = async (q: string) => {
        const path = `/api/search?limit=100&q=${encodeURIComponent(q)}`;
        expect((await search(q)).text).toBe((await shop('GET', path)).text);
      };
      const fresh = () => expect.poll(async () => (await client.call('status', [])).stale).toBe(false);

      /** One that is created, changed or deleted at the monolith, and told by the feed. */
      let made = 0;
      const create = async (name: string) => {
        const body = { shopId: 1, sku: `N-${++made}`, name, price: '1.00', status: 'live' };
        return Number((await shop('POST', '/admin/products', body)).json.id);
      };
      const tell = async (id: number) => {
        const [[row]] = (await rows.query('SELECT * FROM products WHERE id = ?', [id])) as unknown as [
          object[],
        ];
        await feed.say('products', id, row ?? null);
      };
      await service.ready;
      await fresh();
      expect((await fetch(`${await health()}/readyz`)).status).toBe(200);
      for (const q of ['머그컵', '튼튼한 제품', '컵']) await same(q);

      const forgotten = await create('반닫이');
      // It is in the rows that the index is built from; no message tells of it, nor of its end.
      await client.call('rebuild', []);
      await expect.poll(() => names('반닫이')).toEqual(['반닫이']);
      await shop('DELETE', `/admin/products/${forgotten}`);
      await feed.endSnapshot('products');
      await expect.poll(() => names('반닫이'), { timeout: 60_000 }).toEqual([]);

      const one = await create('달항아리 하나');
      await tell(one);
      await expect.poll(() => names('달항아리')).toEqual(['달항아리 하나']);
      await shop('PATCH', `/admin/products/${one}`, { name: '달항아리 둘', attributes: { b: 1, a: [1.5] } });
      await tell(one);
      // What it was once more, and nothing after it: as from a sender that was killed, or whose broker has lost its disk.
      const was = { ...(await rowOf(one)), name: '달항아리 하나' };
      await feed.say('products', one, was, 'u', feed.seq - 1);
      await feed.say('products', 999_999, null);
      await feed.say('shops', 1, { id: 1, name: 'x', city: 'y', email: null, state: 'closed' });
      const two = await create('항아리 셋');
      await tell(two);
      await expect.poll(() => names('항아리')).toEqual(['항아리 셋', '달항아리 둘']);
      await same('항아리');
      await shop('PATCH', `/admin/products/${two}`, { status: 'sold_out' });
      await tell(two);
      await expect.poll(() => names('항아리')).toEqual(['달항아리 둘']);
      expect((await search('항아리')).headers).not.toHaveProperty('x-search-stale');

      // Long after that, too, when a watermark has counted it.
      await fresh();
      await feed.say('products', one, was, 'u', 2);
      const three = await create('항아리 세모');
      await tell(three);
      await expect.poll(() => names('항아리')).toEqual(['항아리 세모', '달항아리 둘']);
      await shop('DELETE', `/admin/products/${three}`);
      await tell(three);

      // A sender that stands still is told by the time of its last watermark, though the broker has nothing more.
      feed.silent = true;
      await expect.poll(async () => (await search('항아리')).headers['x-search-stale']).toMatch(/^[3-9]$/);
      expect(await client.call('status', [])).toMatchObject({
        ...{ pending: 0, stale: true, trouble: expect.stringContaining('no watermark comes') },
      });
      feed.silent = false;
      await fresh();

      // Without the broker it serves what it has and says, after its bound, how old that is.
      await feed.stop();
      await shop('PATCH', `/admin/products/${one}`, { name: '달항아리 넷' });
      await expect.poll(async () => (await search('항아리')).headers['x-search-stale']).toMatch(/^[3-9]$/);
      const told = await search('항아리');
      expect([told.status, told.json.products[0].name]).toEqual([200, '달항아리 둘']);
      const metrics = await (await fetch(`${await health()}/metrics`)).text();
      expect(metrics).toContain('\nsearch_index_stale 1\n');
      expect(metrics).toContain('\nsearch_feed_pending -1\n');
      // Killed, and started without shop and broker: the same.
      service.kill('SIGTERM');
      expect((await service.ended).code).toBe(0);
      service = start({ SEARCH_SHOP_URL: 'http://127.0.0.1:1', SEARCH_WHEN_STALE: 'refuse' });
      await service.ready;
      const refused = await search('항아리');
      expect([refused.status, refused.headers['retry-after'], refused.json.error.code]).toEqual([
        ...[503, '2', 'unavailable'],
      ]);
      // The feed goes on where the kept index is.
      await feed.start();
      await tell(one);
      await expect.poll(async () => (await search('항아리')).status).toBe(200);
      await expect.poll(() => names('항아리')).toEqual(['달항아리 넷']);
      expect(await client.call('status', [])).toMatchObject({ rebuilds: 0, stale: false });
      service.kill('SIGKILL');
      await service.ended;

      // A row that no message ever told of, and one that is gone: a rebuild finds out, while each search is answered.
      const [gone] = (await shop('GET', `/api/search?q=${encodeURIComponent('머그컵')}`)).json.products;
      await rows.query('DELETE FROM products WHERE id = ?', [gone.id]);
      const five = await create('항아리 다섯');
      service = start();
      await service.ready;
      // What it kept is older; the feed brings the rest.
      await expect.poll(() => names('항아리')).toEqual(['달항아리 넷']);
      expect((await search('머그컵')).text).toContain(gone.name);
      let asking = true;
      const answers: string[] = [];
      const asker = (async () => {
        while (asking) answers.push(`${(await search('머그컵')).status} ${await names('항아리')}`);
      })();
      service.kill('SIGHUP');
      await expect
        .poll(() => names('항아리'))
        .toEqual(['항아리 다섯', '달항아리 넷'])
        .finally(() => {
          asking = false;
        });
      await asker;
      expect([...new Set(answers)]).toEqual(['200 달항아리 넷', '200 항아리 다섯,달항아리 넷']);
      await same('머그컵');
      const asked = startProgram('extracted/search/ask.ts', {}, [
        'rebuild',
        '--wait',
        '--json',
        '--address',
        addresses[0]!,
      ]);
      expect(JSON.parse((await asked.ended).stdout)).toMatchObject({ rebuilding: false, rebuilds: 2 });

      // The broker loses its disk: the feed's stream is another one, and what it told before is gone.
      const four = await create('항아리 여섯');
      await feed.loseDisk();
      await expect.poll(() => names('항아리')).toEqual(['항아리 여섯', '항아리 다섯', '달항아리 넷']);
      // What was sent before it is sent again: none of it goes back.
      await feed.say('products', one, was, 'u', 2);
      await tell(one);
      await shop('DELETE', `/admin/products/${five}`);
      await tell(five);
      await expect.poll(() => names('항아리')).toEqual(['항아리 여섯', '달항아리 넷']);
      await shop('DELETE', `/admin/products/${four}`);
      await tell(four);
      await expect.poll(() => names('항아리')).toEqual(['달항아리 넷']);
      await fresh();
      await same('머그컵');

      async function rowOf(id: number): Promise<object> {
        const [[row]] = (await rows.query('SELECT * FROM products WHERE id = ?', [id])) as unknown as [
          object[],
        ];
        return row!;
      }

      // What changes while a rebuild reads is in the index before it answers.
      let go = () => {};
      const reading = Promise.withResolvers<void>();
      const config = readConfig({ ...env, PORT: '0', HEALTH_PORT: '', SEARCH_DATA_DIR: '' });
      const other = await startSearchService({
        config,
        log: pino({ level: 'silent' }),
        afterRead: () => {
          reading.resolve();
          return new Promise((resolve) => {
            go = resolve;
          });
        },
      });
      stack.defer(() => other.stop());
      await reading.promise;
      const late = await create('항아리 일곱');
      await tell(late);
      const direct = createClient<SearchServiceClient>({
        idl,
        service: 'SearchService',
        addresses: [other.address],
      });
      stack.defer(() => direct.close());
      await expect(direct.call('search', [{ q: ['항아리'] }])).rejects.toThrow('Unavailable');
      go();
      // Its very first answer: the feed would soon make good for one that came too early.
      const ask = () => direct.call('search', [{ q: ['항아리'] }]).catch(() => null);
      let first = await ask();
      while (first === null) first = await ask();
      expect(first.products.map(({ name }) => name)).toEqual(['항아리 일곱', '달항아리 넷']);
    },
  );
});
