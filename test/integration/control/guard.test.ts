import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { MysqlStateLink, startControl } from '../../../control/index.ts';
import { startRouter } from '../../../router/index.ts';
import { describeEachEngine, type EngineLane } from '../../support/databases.ts';
import { silent, startUpstream } from '../../support/router/router-stage.ts';
import { AdminClient } from './admin-client.ts';
import { parcelFeature, until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

/** A feature without tables, a router in front of two applications, and a control process. */
async function startGuarded(
  db: EngineLane,
  service: RequestListener,
  monolith: RequestListener = (_request, response) => response.end('ok'),
) {
  const world = await createParcelWorld(db, 0);
  const plain = parcelFeature(null);
  const routes = plain.routes.map((route) => ({ ...route, call: { kind: 'http' as const } }));
  const config = { ...world.config, features: { parcels: { ...plain, routes } } };
  const legacy = await startUpstream(monolith);
  const other = await startUpstream(service);
  const control = await startControl(config);
  const admin = await AdminClient.open(control.url, config.control.tokenFile);
  await admin.run('/v1/features/parcels/copy', { why });
  const link = new MysqlStateLink({ state: config.state, leaseMs: config.control.replicaLeaseMs });
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: [legacy.url] },
    services: { parcels: { kind: 'http', addresses: [other.url], breaker: { failures: 0 } } },
    identity: ['header:x-user'],
    link,
    logger: silent,
    beatMs: 50,
    drain: { idleMs: 0 },
    shadow: { reportMs: 50 },
  });
  let users = 0;
  return {
    admin,
    canary: (body: object) => admin.post('/v1/features/parcels/canary', { why, ...body }),
    plans: async () => (await admin.get('/v1/status')).features[0].canaries,
    percents: async () =>
      (await admin.get('/v1/routes')).routes
        .filter((route: { access: string }) => route.access === 'read')
        .map((route: { readPercent: number }) => route.readPercent),
    actions: async (): Promise<string[]> =>
      (await admin.get('/v1/audit?feature=parcels&limit=100')).map(
        ({ action }: { action: string }) => action,
      ),
    /** Sends requests of ever new clients until the condition holds. */
    async serveUntil(condition: () => Promise<boolean>): Promise<void> {
      await until(async () => {
        const ask = async () => {
          users += 1;
          await (await fetch(`${router.url}/parcels`, { headers: { 'x-user': String(users) } })).text();
        };
        await Promise.all(Array.from({ length: 20 }, ask));
        return condition();
      }, 60_000);
    },
    async [Symbol.asyncDispose]() {
      await router.stop();
      await link.close();
      await control.stop();
      await legacy[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

const ramp = { ramp: [20, 50, 100], every: '300ms' };

describeEachEngine('a guarded ramp', (db) => {
  test('steps back when the service fails, and tells the webhook', async () => {
    const told: { acted: string; percent: number; breaches: { measure: string }[] }[] = [];
    const hook = createServer((request, response) => {
      let text = '';
      request.on('data', (piece) => {
        text += piece;
      });
      request.on('end', () => {
        told.push(JSON.parse(text));
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const webhook = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    // Half of the answers are a fault.
    let n = 0;
    await using stage = await startGuarded(db, (_request, response) => {
      response.statusCode = n++ % 2 === 0 ? 500 : 200;
      response.end();
    });
    expect((await stage.canary({ ...ramp, guard: { action: 'explode' } })).status).toBe(400);
    expect((await stage.canary({ percent: 5, guard: {} })).status).toBe(400);
    const { body } = await stage.canary({ ...ramp, guard: { webhook, minimumRequests: 20 } });
    expect(body.plan).toMatchObject({ guard: { breachedAt: null, settings: { action: 'step-back' } } });
    await stage.serveUntil(async () => (await stage.plans()).length === 0);
    expect(await stage.percents()).toEqual([0, 0]);
    expect(await stage.actions()).toContain('canary guard: breach');
    await until(() => told.length === 1);
    expect(told[0]).toMatchObject({ acted: 'step-back', breaches: [{ measure: 'errors' }] });
    hook.close();
  });

  test('waits for traffic, takes every step while all is well, and is done after the last', async () => {
    // Long beside what a busy machine adds, and far from a bucket's bound: both sides answer alike whatever else runs.
    const steady: RequestListener = (_request, response) => {
      setTimeout(() => response.end('ok'), 120);
    };
    await using stage = await startGuarded(db, steady, steady);
    await stage.canary({ ...ramp, guard: { minimumRequests: 40 } });
    // Several steps would have come by now.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stage.percents()).toEqual([20, 20]);
    await stage.serveUntil(async () => (await stage.plans()).length === 0);
    expect(await stage.percents()).toEqual([100, 100]);
    const actions = (await stage.actions()).filter((action) => action.startsWith('canary')).reverse();
    expect(actions).toEqual([
      'canary 20 % (step 1 of 3)',
      'canary 50 % (step 2 of 3)',
      'canary 100 % (step 3 of 3)',
      'canary ramp done',
    ]);
  });

  test('freezes where that is asked for, and says why', async () => {
    await using stage = await startGuarded(db, (_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    await stage.canary({ ...ramp, guard: { action: 'freeze', minimumRequests: 20 } });
    await stage.serveUntil(async () => (await stage.plans())[0].frozen !== null);
    const [plan] = await stage.plans();
    expect(plan).toMatchObject({
      percent: 20,
      frozen: { because: 'breach' },
      coming: [{ at: null }, { at: null }],
      guard: { breaches: [{ measure: 'errors', route: 'GET /parcels' }] },
    });
    expect(await stage.percents()).toEqual([20, 20]);
  });
});
