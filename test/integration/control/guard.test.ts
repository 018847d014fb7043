import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { MysqlStateLink, startControl } from '../../../control/index.ts';
import { startRouter } from '../../../router/index.ts';
import { describeOnEngine, type EngineLane } from '../../support/databases.ts';
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
  const legacy = await startUpstream(monolith);
  const other = await startUpstream(service);
  const config = {
    ...world.config,
    legacy: { ...world.config.legacy, addresses: [legacy.url] },
    features: {
      parcels: { ...plain, routes, service: { kind: 'http' as const, addresses: [other.url] } },
    },
  };
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
    feature: async () => (await admin.get('/v1/status')).features[0],
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

describeOnEngine('mariadb', 'a guarded ramp', (db) => {
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

describeOnEngine('mariadb', 'a guarded cutover', (db) => {
  const cutover = '/v1/features/parcels/cutover';

  test('reads go back when the service fails, rows stay; asked to, they go back too', async () => {
    let broken = false;
    await using stage = await startGuarded(db, (request, response) => {
      response.statusCode = broken && request.method === 'GET' ? 500 : 200;
      response.end('ok');
    });
    const refused = await stage.admin.post(cutover, { why, guard: { action: 'explode', watch: 'long' } });
    expect(refused.status).toBe(400);
    expect(refused.body.error.faults).toHaveLength(2);
    const mirrored = await stage.admin.post('/v1/features/parcels/rollback', { why, guard: {} });
    expect(mirrored.status).toBe(400);
    await stage.admin.run(cutover, { why, guard: { minimumRequests: 20, watch: '10m' } });
    expect(await stage.plans()).toMatchObject([
      { percent: 100, watchedUntil: expect.any(String), guard: { after: 'cutover', breachedAt: null } },
    ]);
    let asked = 0;
    await stage.serveUntil(async () => ++asked === 10);
    expect(await stage.percents()).toEqual([100, 100]);
    broken = true;
    await stage.serveUntil(async () => (await stage.plans()).length === 0);
    expect(await stage.feature()).toMatchObject({ stage: 'extracted', owner: 'service' });
    expect(await stage.percents()).toEqual([0, 0]);
    expect(await stage.actions()).toContain('cutover guard: breach');

    broken = false;
    await stage.admin.run('/v1/features/parcels/rollback', { why });
    await stage.admin.run(cutover, { why, guard: { action: 'rollback', minimumRequests: 20 } });
    broken = true;
    await stage.serveUntil(async () => (await stage.feature()).stage === 'syncing');
    expect(await stage.feature()).toMatchObject({ owner: 'legacy', canaries: [] });
    const [last] = (await stage.admin.get('/v1/audit?feature=parcels&limit=100')).filter(
      ({ action }: { action: string }) => action === 'rollback: decide',
    );
    expect(last).toMatchObject({ who: 'banyan', why: expect.stringContaining('errors: ') });
  });

  test('one that is all well is watched for its time, and then no longer', async () => {
    const steady: RequestListener = (_request, response) => {
      setTimeout(() => response.end('ok'), 120);
    };
    await using stage = await startGuarded(db, steady, steady);
    await stage.admin.run(cutover, { why, guard: { watch: '1s', minimumRequests: 40 } });
    // Its time is over, and nobody has asked: that is no pass.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stage.plans()).toHaveLength(1);
    await stage.serveUntil(async () => (await stage.plans()).length === 0);
    expect(await stage.percents()).toEqual([100, 100]);
    expect(await stage.actions()).toContain('cutover watched');
  });
});

describeOnEngine('mariadb', 'the answers that a guard looks at', (db) => {
  test('are those of its own step: what was put right before does not count, what comes does', async () => {
    let price = 2;
    const answer = (value: () => number): RequestListener => {
      return (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ price: value() }));
      };
    };
    await using stage = await startGuarded(
      db,
      answer(() => price),
      answer(() => 1),
    );
    const diff = () => stage.admin.get('/v1/features/parcels/diff');
    await stage.admin.post('/v1/features/parcels/shadow', { why, percent: 100, repeatPercent: 100 });
    await stage.serveUntil(async () => (await diff()).different > 0);
    price = 1;
    // The counts of answers that differed are with the store by now, and stay in the run.
    const counted = async () => (await diff()).compared;
    const before = await counted();
    await stage.serveUntil(async () => (await counted()) > before + 50);
    await stage.canary({ ramp: [50, 60], every: '300ms', guard: { action: 'freeze', minimumRequests: 20 } });
    await stage.serveUntil(async () => (await stage.plans())[0]?.percent !== 50);
    expect(await stage.percents()).toEqual([60, 60]);
    price = 3;
    await stage.canary({ ramp: [70, 80], every: '10m', guard: { action: 'freeze', minimumRequests: 20 } });
    await stage.serveUntil(async () => (await stage.plans())[0].frozen !== null);
    expect((await stage.plans())[0].guard.breaches).toMatchObject([
      { measure: 'mismatches', what: expect.stringContaining('body.price') },
    ]);
  });
});
