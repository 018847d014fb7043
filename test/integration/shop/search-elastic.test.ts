import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, loadIdl } from 'banyan/rpc';
import { expect, it } from 'vitest';
import { idlFile } from '../../../extracted/search/server.ts';
import type { SearchServiceClient } from '../../../extracted/search/thrift-types.ts';
import { findDebianProgram } from '../../../scripts/servers/find-debian-program.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { ChaosProxy } from '../../../scripts/soak/faults/chaos-proxy.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { startElasticsearch } from '../../support/elasticsearch.ts';
import { jsonApi } from '../../support/json-api.ts';
import { createShopDatabase, startLegacy } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';
import { ToldFeed } from '../../support/told-feed.ts';

const nats = await findDebianProgram('nats-server').catch(() => null);
if (nats === null)
  console.warn('\n!!! No nats-server can be had: search with Elasticsearch was LEFT OUT of this run.\n');

describeOnEngine('mariadb', 'the search service with its index in Elasticsearch', (lane) => {
  it.skipIf(nats === null)(
    'follows the feed, goes on where another process has left off, and says what it can while the engine is away',
    async () => {
      await using stack = new AsyncDisposableStack();
      const folder = await mkdtemp(join(tmpdir(), 'banyan-search-elastic-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      const [natsPort, port] = (await freePorts(2)) as [number, number];
      const feed = new ToldFeed(join(folder, 'nats'), natsPort);
      await feed.start();
      stack.defer(() => feed.stop());
      const legacy = stack.use(await startLegacy(stack.use(await createShopDatabase(lane, 50))));
      const shop = jsonApi(legacy.url);
      // Below the proxy, so that it closes after the clients' connections have gone.
      const elastic = stack.use(await startElasticsearch());
      const line = stack.use(await ChaosProxy.open(Number(new URL(elastic.url).port)));
      const start = () =>
        stack.use(
          startProgram('extracted/search/main.ts', {
            ...{ PORT: String(port), HEALTH_PORT: '0', NATS_URL: feed.url, SEARCH_SHOP_URL: legacy.url },
            ...{ SEARCH_STALE_MS: '3000', SEARCH_ENGINE: 'elasticsearch' },
            SEARCH_ELASTICSEARCH_URL: `http://127.0.0.1:${line.port}`,
          }),
        );
      const client = createClient<SearchServiceClient>({
        ...{ idl: await loadIdl(idlFile), service: 'SearchService', addresses: [`127.0.0.1:${port}`] },
      });
      stack.defer(() => client.close());
      const names = async (q: string) =>
        (await client.call('search', [{ q: [q] }])).products.map(({ name }) => name);
      const status = () => client.call('status', []);
      const readiness = async (service: ReturnType<typeof start>) =>
        (await fetch(`${(await service.ready).healthUrl}/readyz`)).status;
      let made = 0;
      const create = async (name: string) => {
        const body = { shopId: 1, sku: `E-${++made}`, name, price: '1.00', status: 'live' };
        const row = (await shop('POST', '/admin/products', body)).json;
        await feed.say('products', row.id, {
          ...{ id: row.id, shop_id: 1, sku: body.sku, name, description: '', price: '1.00' },
          ...{ stock: 0, status: 'live', attributes: '{}' },
          ...{ created_at: '2026-01-01 00:00:00', updated_at: '2026-01-01 00:00:00.000' },
        });
      };

      // It is started before its engine can be reached: not ready, and says why.
      line.setWeather('cut');
      let service = start();
      expect(await readiness(service)).toBe(503);
      expect(await status()).toMatchObject({
        engine: 'elasticsearch',
        serving: false,
        trouble: expect.any(String),
      });
      await expect(names('달항아리')).rejects.toThrow('Unavailable');
      line.setWeather('well');
      await expect.poll(() => readiness(service)).toBe(200);
      await create('달항아리 하나');
      await expect.poll(() => names('항아리')).toEqual(['달항아리 하나']);
      await expect.poll(status).toMatchObject({ stale: false, rebuilds: 1 });

      // Away while it serves: a search is refused as one that may be asked again, and nothing that is told meanwhile is lost.
      line.setWeather('cut');
      await expect(names('항아리')).rejects.toThrow('Unavailable');
      await create('달항아리 둘');
      await expect.poll(status).toMatchObject({ stale: true });
      line.setWeather('well');
      await expect.poll(() => names('항아리')).toEqual(['달항아리 둘', '달항아리 하나']);

      // Killed with changes to come: the next process goes on from what the index has, and builds nothing.
      service.kill('SIGKILL');
      await service.ended;
      await create('달항아리 셋');
      service = start();
      await service.ready;
      await expect.poll(() => names('항아리')).toEqual(['달항아리 셋', '달항아리 둘', '달항아리 하나']);
      expect(await status()).toMatchObject({ rebuilds: 0 });
      await client.call('rebuild', []);
      await expect.poll(status).toMatchObject({ rebuilds: 1, rebuilding: false });
      expect(await names('항아리')).toEqual(['달항아리 셋', '달항아리 둘', '달항아리 하나']);
      expect(elastic.indices()).toHaveLength(1);
      expect(elastic.faults).toEqual([]);
      service.kill('SIGTERM');
      expect((await service.ended).code).toBe(0);
    },
  );
});
