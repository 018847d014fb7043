import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, loadIdl } from 'banyan/rpc';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { idlFile as productIdl } from '../../extracted/product/server.ts';
import { readConfig } from '../../extracted/search/config.ts';
import { idlFile, startSearchService } from '../../extracted/search/server.ts';
import type { SearchServiceClient } from '../../extracted/search/thrift-types.ts';
import { seed } from '../../legacy/seed.ts';
import { migrate } from '../../scripts/migrate.ts';
import { findDebianProgram } from '../../scripts/servers/find-debian-program.ts';
import { freePorts, startPrivateNats } from '../../scripts/servers/index.ts';
import { describeOnEngine } from '../support/databases.ts';
import { jsonApi } from '../support/json-api.ts';
import { startPrograms, twoDatabases } from '../support/programs.ts';
import { endpointOf, startLegacy, startProduct } from '../support/shop.ts';

const nats = await findDebianProgram('nats-server').catch(() => null);
if (nats === null)
  console.warn('\n!!! No nats-server can be had: the search behind a real feed was LEFT OUT of this run.\n');

const staleMs = 3_000;

describeOnEngine('mariadb', 'the search behind the change feed', (lane) => {
  it.skipIf(nats === null)('finds what was written, whichever side owns the products', async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'banyan-search-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const [port] = (await freePorts(1)) as [number];
    const broker = await startPrivateNats({ dataDir: folder, port });
    stack.defer(() => broker.stop());
    const { schema, databases } = stack.use(await twoDatabases(lane, 'shop', 'product'));
    await migrate(endpointOf(databases.legacy), 'legacy');
    await migrate(endpointOf(databases.service), 'product');
    await seed(endpointOf(databases.legacy), { products: 200, shops: 5, orders: 10 });
    const legacy = stack.use(await startLegacy(databases.legacy));
    const product = stack.use(await startProduct(databases.service));
    // Between banyan and the service's database, so that it can be away.
    const way = stack.use(await CutWay.to(databases.service.port));
    const [searchPort] = (await freePorts(1)) as [number];
    const programs = stack.use(
      await startPrograms(
        'search-feed',
        {
          databases: { ...databases, service: { ...databases.service, port: way.port } },
          state: { database: 'legacy', schema },
          legacy: { addresses: [legacy.url], database: 'legacy' },
          features: {
            product: {
              service: { idl: productIdl, name: 'ProductService', addresses: [product.address] },
              database: 'service',
              tables: ['products'],
              sever: ['product_images', 'product_options', 'product_likes', 'product_stock'].map(
                (table) => `${table}.product_id`,
              ),
              feed: true,
            },
            search: {
              service: { idl: idlFile, name: 'SearchService', addresses: [`127.0.0.1:${searchPort}`] },
            },
          },
        },
        { running: ['control', 'router'] },
      ),
    );
    const order = (feature: string, action: string) =>
      programs.admin(`/v1/features/${feature}/${action}`, { why: 'as planned' });
    const relay = programs.start('feed', 'product', '--to', broker.url);
    stack.defer(async () => {
      relay.kill('SIGTERM');
      await relay.ended;
    });
    expect(await order('product', 'copy')).toContain('"stage":"syncing"');
    const config = readConfig({
      ...{ PORT: String(searchPort), NATS_URL: broker.url, SEARCH_SHOP_URL: programs.router },
      ...{ SEARCH_MATCH: 'beginning', SEARCH_STALE_MS: '60000' },
    });
    const log = pino({ level: 'silent' });
    const service = await startSearchService({ config, log });
    stack.defer(() => service.stop());
    const strict = await startSearchService({ config: { ...config, port: 0, staleAfterMs: staleMs }, log });
    stack.defer(() => strict.stop());
    expect(await order('search', 'copy')).toContain('"stage":"syncing"');
    expect(await order('search', 'cutover')).toContain('"owner":"service"');

    const shop = jsonApi(programs.router);
    const names = async (q: string) => {
      const { status, json, headers } = await shop('GET', `/api/search?q=${encodeURIComponent(q)}&limit=100`);
      expect(headers).not.toHaveProperty('x-search-stale');
      return status === 200 ? json.products.map(({ name }: { name: string }) => name) : status;
    };
    let made = 0;
    const write = async (name: string) => {
      const body = {
        shopId: 1,
        sku: `R-${++made}`,
        name,
        price: '1.00',
        status: 'live',
        attributes: { b: 1, a: 'x' },
      };
      const created = await shop('POST', '/admin/products', body);
      expect(created.status, created.text).toBe(201);
      await expect.poll(() => names('달항아리')).toContain(name);
      await shop('PATCH', `/admin/products/${created.json.id}`, { description: `${name} 빛깔` });
      await expect.poll(() => names('빛깔')).toContain(name);
      return created.json.id;
    };
    const first = await write('달항아리 하나');
    expect(await order('product', 'cutover')).toContain('"owner":"service"');
    await write('달항아리 둘');
    await shop('DELETE', `/admin/products/${first}`);
    await expect.poll(() => names('달항아리')).toEqual(['달항아리 둘']);
    expect(await order('product', 'rollback')).toContain('"owner":"legacy"');
    await write('달항아리 셋');

    // Whatever stands still between the owner's rows and the index, an answer that is asked later than the bound says so, until it goes on.
    expect(await order('product', 'cutover')).toContain('"owner":"service"');
    const client = createClient<SearchServiceClient>({
      ...{ idl: await loadIdl(idlFile), service: 'SearchService', addresses: [strict.address] },
    });
    stack.defer(() => client.close());
    const isStale = async () => (await client.call('search', [{ q: ['lamp'] }])).staleSeconds !== undefined;
    const fresh = () => expect.poll(isStale, { timeout: 60_000, interval: 50 }).toBe(false);
    const still: Readonly<Record<string, readonly [() => unknown, () => unknown]>> = {
      'the relay is frozen': [() => relay.kill('SIGSTOP'), () => relay.kill('SIGCONT')],
      'the move is paused': [() => order('product', 'pause'), () => order('product', 'resume')],
      'the owner’s database is away': [() => way.cut(), () => way.mend()],
      'control is dead': [() => programs.killControl(), () => programs.startControl()],
    };
    for (const [what, [stop, go]] of Object.entries(still)) {
      await fresh();
      await stop();
      await wait(staleMs + 1);
      expect([what, await isStale()]).toEqual([what, true]);
      const { trouble } = await client.call('status', []);
      expect([what, trouble]).toEqual([what, expect.stringContaining('stands still')]);
      await go();
    }
    await fresh();
    expect(await order('product', 'rollback')).toContain('"owner":"legacy"');
    for (const q of ['달항아리', '머그컵', 'lamp']) {
      const path = `/api/search?q=${encodeURIComponent(q)}&limit=100`;
      expect((await shop('GET', path)).text).toBe((await jsonApi(legacy.url)('GET', path)).text);
    }
  });
});

/** A way to a port of this machine that can be cut: then nobody comes through, and those who were through are thrown out. */
class CutWay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<CutWay> {
    const server = createServer();
    const way = new CutWay(server);
    server.on('connection', (near) => {
      if (way.#isCut) return near.destroy();
      const far = connect(port, '127.0.0.1');
      for (const [one, other] of [[near, far] as const, [far, near] as const]) {
        way.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          way.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
      return undefined;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
