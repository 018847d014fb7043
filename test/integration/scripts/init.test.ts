import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../../scripts/cli/main.ts';
import { readExpressRoutes } from '../../../scripts/init/read-express-routes.ts';
import { readLegacy } from '../../../scripts/init/read-legacy.ts';
import { runApp } from '../../../scripts/init/run-app.ts';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { httpCall } from '../../support/http-call.ts';
import { roomForDigests } from '../../support/room-for-digests.ts';
import { createShopDatabase, startLegacy } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';

const root = join(import.meta.dirname, '../../..');
const { signal } = new AbortController();

describe('the routes of an app that banyan did not write', () => {
  test.for(['express4', 'express'])(
    '%s: routers in routers, apps in apps, patterns, guards',
    async (name) => {
      const env = { ...process.env, EXPRESS: name };
      const text = await runApp(`'${process.execPath}' test/support/strange-app/app.cjs`, {
        ...{ directory: root, env, signal },
      });
      const { routes, unsaid } = readExpressRoutes(text, 'the app');
      const under = (prefix: string) => [
        `GET ${prefix}/books`,
        `GET ${prefix}/books/newest`,
        `GET ${prefix}/books/${name === 'express4' ? ':id(\\d+)' : ':id'}`,
        `POST ${prefix}/books`,
        `GET ${prefix}/books/:id/copies`,
        `GET ${prefix}/books/:id/copies/:copyId`,
        `PATCH ${prefix}/books/:id/copies/:copyId`,
        `ALL ${prefix}/readers/:id`,
      ];
      const said = routes.map(({ method, path }) => `${method} ${path}`);
      expect(said).toEqual(['GET /', ...under('/api'), ...under('/v1'), 'DELETE /admin/loans/:id']);
      expect(unsaid).toEqual([expect.stringContaining('GET /admin/{^\\/loans')]);
      const patch = routes.find(({ method }) => method === 'PATCH');
      expect(patch?.through).toEqual(['session', 'librariansOnly', 'librariansOnly']);
    },
  );

  test('a command that ends once it has started the app, beside a server that is none, on a Node without TypeScript', async () => {
    const command = `'${process.execPath}' test/support/strange-app/launcher.cjs`;
    const env = { ...process.env, EXPRESS: 'express' };
    const text = await runApp(command, { directory: root, env, signal });
    expect(readExpressRoutes(text, 'the app').routes.length).toBeGreaterThan(15);
  });

  test.for([`throw new Error('no licence')`, `console.log('no licence'); process.exitCode = 1`])(
    'an app that ends before it listens is told with what it said: %s',
    async (code) => {
      const failing = runApp(`'${process.execPath}' -e "${code}"`, {
        ...{ directory: root, env: process.env, signal },
      });
      await expect(failing).rejects.toMatchObject({
        code: 'BANYAN_APP_SILENT',
        message: expect.stringMatching(/exit status 1.*no licence/s),
      });
    },
  );
});

test('an app whose native modules are of another Node is told whose Node was first in PATH', async () => {
  const code = `throw new Error('compiled against NODE_MODULE_VERSION 115')`;
  const failing = runApp(`'${process.execPath}' -e "${code}"`, {
    ...{ directory: root, env: process.env, signal },
  });
  await expect(failing).rejects.toMatchObject({
    code: 'BANYAN_APP_SILENT',
    fix: expect.stringContaining('PATH=/usr/bin:$PATH'),
  });
});

describeEachEngine('a schema that banyan init reads', (lane) => {
  test('has JSON where it is JSON, and an account that is not there is told with what makes it', async () => {
    await using database = await lane.createDatabase('a', 'init');
    const { host, port, user, password } = database;
    const connection = await createConnection({ host, port, user, password, database: database.database });
    await connection.query('CREATE TABLE notes (id INT PRIMARY KEY, tags JSON, words LONGTEXT)');
    await connection.end();
    const [notes] = (await readLegacy(database)).tables;
    expect(notes!.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      ...['id int', 'tags json', 'words longtext'],
    ]);
    await expect(readLegacy({ ...database, user: 'nobody_yet', password: 'x' })).rejects.toMatchObject({
      code: 'BANYAN_DATABASE_UNREACHABLE',
      fix: expect.stringContaining("CREATE USER 'nobody_yet'@'%'"),
    });
  });
});

describeOnEngine('mysql', 'banyan init on the demo shop', (lane) => {
  test('proposes its features; the config that it writes passes check, and a router started from it forwards', async () => {
    await using database = await createShopDatabase(lane, 50);
    const { host, port, user, password } = database;
    // Some work of the monolith's: which tables its statements name together.
    const connection = await createConnection({ host, port, user, password, database: database.database });
    await using _digests = { [Symbol.asyncDispose]: () => connection.end() };
    await roomForDigests(connection);
    for (let n = 0; n < 5; n++) {
      await connection.query(
        'SELECT products.name FROM products JOIN shops ON shops.id = products.shop_id LIMIT 1',
      );
    }
    await using legacy = await startLegacy(database);

    const folder = join(root, '.banyan', `init-${process.pid}`);
    await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
    const env = { ...process.env, BANYAN_DB_PASSWORD: password };
    const cli = async (...args: string[]) => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const code = await runCli(args, { stdout, stderr, env, signal, directory: root });
      return { code, said: JSON.parse(String(stdout.read())), told: String(stderr.read() ?? '') };
    };
    const shop = `SHOP_DB_HOST=${host} SHOP_DB_PORT=${port} SHOP_DB_USER=${user} SHOP_DB_PASSWORD='${password}' SHOP_DB_NAME=${database.database}`;
    const init = [
      ...['init', '--json', '--database', `mysql://${user}@${host}:${port}/${database.database}`],
      ...['--legacy', legacy.url, '--app', `PORT=0 ${shop} '${process.execPath}' legacy/main.ts`],
    ];
    const dry = await cli(...init);
    const proposed: { name: string; tables: string[] }[] = dry.said.features;
    // What a cascade ties to products goes with them. Sessions are no feature's.
    expect(proposed.map(({ name, tables }) => `${name}: ${tables.join(' ')}`).sort()).toEqual([
      'dailySale: daily_sales',
      'log: logs',
      'order: orders order_items',
      'product: products product_images product_likes product_options product_stock',
      'shop: shops shop_owners',
      'stockHistory: stock_history',
      'user: users',
    ]);
    // The easiest first; what no route is named after comes last.
    expect(proposed.slice(0, 2).map(({ name }) => name)).toEqual(['log', 'product']);
    expect(proposed.slice(5).map(({ name }) => name)).not.toContain('user');
    const named = (name: string) =>
      // biome-ignore lint/suspicious/noExplicitAny: its members are looked at one by one.
      proposed.find((feature) => feature.name === name) as any;
    expect(named('product').besides).toEqual([{ table: 'shops', executions: 5 }]);
    expect(named('product').crossing).toMatchObject([{ child: 'product_likes', parent: 'users' }]);
    expect(named('order').crossing).toMatchObject([
      { child: 'orders', parent: 'shops' },
      { child: 'orders', parent: 'users' },
    ]);
    expect(dry.said.rest).toContainEqual(expect.objectContaining({ method: 'GET', path: '/healthz' }));
    expect(dry.said.written).toBe(null);

    const written = await cli(...init, '--write', folder);
    expect(written.said.written).toBe(folder);
    expect((await cli(...init, '--write', folder)).said.error.code).toBe('BANYAN_FILE_EXISTS');
    const idl = await cli('idl', 'routes', join(folder, 'product.thrift'), '--json');
    const routes = idl.said.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`);
    for (const { method, path } of named('product').routes) expect(routes).toContain(`${method} ${path}`);
    expect(named('product').routes.length).toBeGreaterThan(6);

    // The state's schema and the ports are this test's own.
    const config = join(folder, 'banyan.config.ts');
    const text = (await readFile(config, 'utf8'))
      .replace("schema: 'banyan'", `schema: '${database.database}_state'`)
      .replace('127.0.0.1:7400', '127.0.0.1:0')
      .replace('127.0.0.1:7410', '127.0.0.1:0');
    await writeFile(config, text);
    const own = (...args: string[]) =>
      startProgram('scripts/banyan.mjs', { BANYAN_DB_PASSWORD: password }, [...args, '--config', config]);
    await using check = own('check', '--json');
    const checked = await check.ended;
    expect(JSON.parse(checked.stdout).checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
    expect(checked.code).toBe(0);
    await using control = own('control');
    await control.ready;
    await using router = own('router');
    const { url } = await router.ready;
    const answer = await httpCall(String(url), { method: 'GET', path: '/api/products/1' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(String(answer.body))).toMatchObject({ id: 1 });
  });
});
