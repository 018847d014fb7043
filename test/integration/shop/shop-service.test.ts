import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, loadIdl } from 'banyan/rpc';
import { createConnection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { migrate } from '../../../scripts/migrate.ts';
import { cacheFolder } from '../../../scripts/servers/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { httpCall } from '../../support/http-call.ts';
import { startRouterFront } from '../../support/router-front.ts';
import { createShopDatabase, endpointOf, startLegacy } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';

const root = join(import.meta.dirname, '../../..');
const idl = join(root, 'extracted/shop/shop.thrift');
/** What depends on the connection or the second, not on the answer. */
const incidental = new Set(['date', 'connection', 'keep-alive']);
const compiler = join(cacheFolder(), 'thrift-compiler-stable/usr/bin/thrift');

describeOnEngine('mariadb', 'the shop service, on the official library', (lane) => {
  it('answers through the router as the monolith does, and other services over Thrift; stops with both connected', async () => {
    await using legacyDatabase = await createShopDatabase(lane, 20);
    await using database = await lane.createDatabase('b', 'shops');
    await migrate(endpointOf(database), 'shop');
    const [from, to] = [await createConnection(endpointOf(legacyDatabase)), await createConnection(database)];
    for (const table of ['shops', 'shop_owners']) {
      const [rows] = await from.query({ sql: `select * from ${table}`, rowsAsArray: true });
      await to.query(`insert into ${table} values ?`, [rows]);
    }
    await Promise.all([from.end(), to.end()]);

    await using legacy = await startLegacy(legacyDatabase);
    await using service = startProgram('extracted/shop/main.ts', {
      SHOPS_DB_HOST: database.host,
      SHOPS_DB_PORT: String(database.port),
      SHOPS_DB_USER: database.user,
      SHOPS_DB_PASSWORD: database.password,
      SHOPS_DB_NAME: database.database,
      PORT: '0',
    });
    const address = String((await service.ready).address);
    await using router = await startRouterFront({ idl, service: 'ShopService', address, legacy: legacy.url });
    const ask = async (url: string, path: string, headers = {}) => {
      const { status, headers: answered, body } = await httpCall(url, { method: 'GET', path, headers });
      const kept = Object.entries(answered).filter(([name]) => !incidental.has(name));
      return { status, headers: Object.fromEntries(kept.sort()), body: body.toString() };
    };
    const statuses = new Set<number>();
    const ids = [
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '0',
      '-1',
      '007',
      'x',
      '1.0',
      '4294967296',
      '9223372036854775807',
    ];
    const queries = [
      '',
      '?limit=2',
      '?limit=2&after=2',
      '?after=5',
      '?limit=0',
      '?limit=101',
      '?limit=x',
      '?after=1e3',
    ];
    for (const path of [...ids.map((id) => `/${id}`), ...queries]) {
      const expected = await ask(legacy.url, `/api/shops${path}`);
      expect(await ask(router.url, `/api/shops${path}`), path).toEqual(expected);
      statuses.add(expected.status);
      const tag = { 'if-none-match': expected.headers.etag ?? '' };
      const kept = await ask(legacy.url, `/api/shops${path}`, tag);
      expect(await ask(router.url, `/api/shops${path}`, tag), path).toEqual(kept);
      statuses.add(kept.status);
    }
    expect([...statuses].sort()).toEqual([200, 304, 400, 404]);

    const client = createClient({
      ...{ idl: await loadIdl(idl), service: 'ShopService', addresses: [address] },
      transport: 'framed',
    });
    expect(await client.call('isOwner', [1n, 2n])).toBe(true);
    expect(await client.call('isOwner', [1n, 3n])).toBe(false);
    const [open, paused] = [1, 2];
    await client.call('setState', [1n, paused]);
    const { body } = await ask(router.url, '/api/shops?limit=1');
    expect(JSON.parse(body).shops).toMatchObject([{ id: 1, state: 'paused' }]);
    await expect(client.call('setState', [4_000_000n, open])).rejects.toMatchObject({
      exception: 'NotFound',
    });
    service.kill('SIGTERM');
    expect(await service.ended).toMatchObject({ code: 0, signal: null });
    await client.close();
  });
});

it.skipIf(!existsSync(compiler))('its generated code is what the compiler makes of the IDL', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shop-thrift-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  await promisify(execFile)(compiler, ['-out', folder, '--gen', 'js:node,es6', idl]);
  for (const file of ['ShopService.js', 'shop_types.js']) {
    const committed = await readFile(join(root, 'extracted/shop/gen', file), 'utf8');
    expect(await readFile(join(folder, file), 'utf8')).toBe(committed);
  }
});
