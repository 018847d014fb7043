import { Agent } from 'node:http';
import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachEngine, type TestDatabase } from '../../support/databases.ts';
import { type GatewayFront, startGatewayFront } from '../../support/gateway-front.ts';
import { type HttpAnswer, type HttpCall, httpCall } from '../../support/http-call.ts';
import { type RouterFront, startRouterFront } from '../../support/router-front.ts';
import {
  createProductDatabase,
  createShopDatabase,
  endpointOf,
  type StartedProduct,
  type StartedShop,
  startLegacy,
  startProduct,
  testClock,
} from '../../support/shop.ts';
import { type ShopRequest, shopRequests } from '../../support/shop-requests.ts';

/** What depends on the connection or the second, not on the answer. */
const incidental = new Set(['date', 'connection', 'keep-alive']);
/** Another number explores other requests: `CONTRACT_SEED=1 CONTRACT_RUNS=20000 npx vitest run contract`. */
const seed = Number(process.env.CONTRACT_SEED ?? 2016);
const numRuns = Number(process.env.CONTRACT_RUNS ?? 400);

/**
 * The same requests to the monolith itself and, through the gateway, to the service. Both begin with the same rows and
 * change in step, so every answer must be the same, to the byte.
 */
describeEachEngine('the product service answers as the monolith does', (lane) => {
  const clock = testClock();
  const agent = new Agent({ keepAlive: true });
  let databases: TestDatabase[] = [];
  let legacy: StartedShop;
  let service: StartedProduct;
  let front: GatewayFront;
  let router: RouterFront;

  beforeAll(async () => {
    databases = [await createShopDatabase(lane, 40), await createProductDatabase(lane)];
    await copyProducts(databases[0]!, databases[1]!);
    legacy = await startLegacy(databases[0]!, { clock: clock.read });
    service = await startProduct(databases[1]!, { clock: clock.read });
    const { idl, address } = service;
    front = await startGatewayFront({ idl, service: 'ProductService', address });
    router = await startRouterFront({ idl, service: 'ProductService', address, legacy: legacy.url });
  });
  afterAll(async () => {
    agent.destroy();
    await router?.[Symbol.asyncDispose]();
    await front?.[Symbol.asyncDispose]();
    await service?.stop();
    await legacy?.stop();
    for (const database of databases) await database[Symbol.asyncDispose]();
  });

  it('to generated requests, good, odd and bad', { timeout: 600_000 }, async () => {
    const statuses = new Map<number, number>();
    let second = 0;
    await fc.assert(
      fc.asyncProperty(shopRequests, async (request) => {
        clock.set(new Date(Date.UTC(2026, 10, 22, 9, 0, 0) + ++second * 1_037).toISOString());
        const call = await toCall(request);
        const [expected, actual] = await both(call);
        expect(actual, describeCall(call)).toEqual(expected);
        statuses.set(expected.status, (statuses.get(expected.status) ?? 0) + 1);
      }),
      { seed, numRuns, ignoreEqualValues: false },
    );
    for (const status of [200, 201, 204, 304, 400, 404, 409, 413, 415]) {
      expect(statuses.get(status) ?? 0, `no request was answered ${status}`).toBeGreaterThan(0);
    }
    expect(statuses.get(500)).toBeUndefined();
    expect(await products(databases[1]!)).toEqual(await products(databases[0]!));
  });

  it('to the same through the whole router, which leaves nothing of itself behind', async () => {
    let second = 500_000;
    await fc.assert(
      fc.asyncProperty(shopRequests, async (request) => {
        // The router refuses it before any upstream sees it: one might take it for the end of a string.
        fc.pre(!request.path.includes('%00'));
        clock.set(new Date(Date.UTC(2026, 10, 22, 9, 0, 0) + ++second * 1_037).toISOString());
        const call = await toCall(request);
        const [expected, actual] = await Promise.all([send(legacy.url, call), send(router.url, call)]);
        expect(actual, describeCall(call)).toEqual(expected);
      }),
      { seed: seed + 1, numRuns: numRuns / 4 },
    );
    expect(await products(databases[1]!)).toEqual(await products(databases[0]!));
  });

  it('to a database that refuses the write', async () => {
    for (const database of databases) {
      await query(
        database,
        "create trigger refuse before insert on products for each row signal sqlstate '45000' set message_text = 'fenced'",
      );
    }
    const body = '{"shopId":1,"sku":"FENCED","name":"x","price":"1"}';
    const [expected, actual] = await both({
      method: 'POST',
      path: '/admin/products',
      headers: { 'content-type': 'application/json' },
      body,
    });
    for (const database of databases) await query(database, 'drop trigger refuse');
    expect(expected.status).toBe(500);
    expect(actual).toEqual(expected);
  });

  async function toCall({ tag = 'none', ...call }: ShopRequest): Promise<HttpCall> {
    if (tag === 'none') return call;
    const current = (await send(legacy.url, { method: 'GET', path: call.path })).headers.etag ?? '"none"';
    const value = {
      current,
      'current-in-list': `"a" ,W/"b", ${current}`,
      strong: current.replace('W/', ''),
      any: '*',
      other: 'W/"1-abc"',
    }[tag];
    return { ...call, headers: { ...call.headers, 'if-none-match': value } };
  }

  function both(call: HttpCall) {
    return Promise.all([send(legacy.url, call), send(front.url, call)]);
  }

  async function send(url: string, call: HttpCall): Promise<Omit<HttpAnswer, 'body'> & { body: string }> {
    const { status, headers, body } = await httpCall(url, call, agent);
    const kept = Object.entries(headers).filter(([name]) => !incidental.has(name));
    return { status, headers: Object.fromEntries(kept.sort()), body: body.toString('latin1') };
  }
});

function describeCall({ method, path, headers, body }: HttpCall): string {
  const text = body?.toString('latin1') ?? '';
  return `${method} ${path} ${JSON.stringify(headers)} ${text.slice(0, 300)}${text.length > 300 ? '…' : ''}`;
}

async function copyProducts(from: TestDatabase, to: TestDatabase): Promise<void> {
  const rows = await products(from);
  await query(to, 'insert into products values ?', [rows.map((row) => Object.values(row))]);
}

async function products(database: TestDatabase): Promise<Record<string, unknown>[]> {
  return (await query(database, 'select * from products order by id')) as Record<string, unknown>[];
}

async function query(database: TestDatabase, sql: string, values: unknown[] = []): Promise<unknown> {
  const connection = await createConnection({
    ...endpointOf(database),
    dateStrings: true,
    jsonStrings: true,
    charset: 'utf8mb4',
  });
  try {
    return (await connection.query(sql, values))[0];
  } finally {
    await connection.end();
  }
}
