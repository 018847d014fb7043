import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, test } from 'vitest';
import { MysqlStateLink, startControl } from '../../../control/index.ts';
import { startRouter } from '../../../router/index.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { silent } from '../../support/router/router-stage.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld, withControl } from './parcel-world.ts';

const why = 'the test says so';
const path = (action: string) => `/v1/features/parcels/${action}`;

/** An application that answers from one side's own rows. `wrong`: how its answers are not what they should be. */
async function startApp(world: ParcelWorld, side: Side, wrong: (parcel: Record<string, unknown>) => object) {
  const app = express();
  app.get('/parcels/:code', async ({ params }, response) => {
    const [row] = await world.query(side, 'SELECT code, weight, note FROM parcels WHERE code = ?', [
      params.code,
    ]);
    if (row === undefined) response.status(404).json({ error: 'no such parcel' });
    else response.json(wrong({ ...row, answeredAt: process.hrtime.bigint().toString() }));
  });
  app.post('/parcels/:code', async ({ params }, response) => {
    await world.query(side, 'UPDATE parcels SET weight = weight + 1 WHERE code = ?', [params.code]);
    response.status(204).end();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describeOnEngine('mariadb', 'a shadow', (db) => {
  test('finds what differs and nothing else while rows change all the time, is ignored with a reason, signed off, and opens the gate', async () => {
    await using world = await createParcelWorld(db, 60);
    await using legacy = await startApp(world, 'legacy', (parcel) => parcel);
    await using service = await startApp(world, 'service', ({ note, ...parcel }) => ({
      ...parcel,
      ...(note === null ? {} : { note }),
    }));
    const { cutover } = world.config.control;
    const config = withControl(world.config, { cutover: { ...cutover, signOff: true } });
    const parcels = config.features.parcels!;
    const routes = parcels.routes.map((route) => ({ ...route, call: { kind: 'http' as const } }));
    const write = {
      id: 'POST /parcels/:code',
      method: 'POST',
      path: '/parcels/:code',
      access: 'write' as const,
    };
    const feature = { ...parcels, routes: [...routes, { ...write, call: { kind: 'http' as const } }] };
    const control = await startControl({ ...config, features: { parcels: feature } });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    await admin.run(path('copy'), { why });
    const link = new MysqlStateLink({ state: config.state, leaseMs: config.control.replicaLeaseMs });
    const router = await startRouter({
      listen: { host: '127.0.0.1', port: 0 },
      legacy: { addresses: [legacy.url] },
      services: { parcels: { kind: 'http', addresses: [service.url] } },
      link,
      logger: silent,
      beatMs: 50,
      drain: { idleMs: 0 },
      shadow: { reportMs: 200, settleMs: 60_000, maxLagMs: 60_000, maxQueued: 1_000 },
    });
    try {
      expect((await admin.post(path('shadow'), { percent: 120, repeatPercent: 10, why })).status).toBe(400);
      const begun = await admin.post(path('shadow'), { percent: 100, repeatPercent: 10, why });
      expect(begun.status).toBe(200);
      await until(() => router.version >= begun.body.version);
      let writing = true;
      const writer = (async () => {
        for (let n = 0; writing; n++) {
          await fetch(`${router.url}/parcels/seed-${n % 60}`, { method: 'POST' });
          // Leaves moments in which nothing is left to carry over.
          if (n % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 100));
        }
      })();
      for (let n = 0; n < 200; n++) await (await fetch(`${router.url}/parcels/seed-${n % 60}`)).text();
      writing = false;
      await writer;
      const compared = ({
        routes: judged,
      }: {
        routes: { compared: number; omitted: Record<string, number> }[];
      }) =>
        judged.reduce(
          (sum, one) => sum + one.compared + Object.values(one.omitted).reduce((a, b) => a + b, 0),
          0,
        );
      await until(async () => compared(await admin.get(path('diff'))) === 200);
      const report = await admin.get(path('diff'));
      const verdicts = Object.fromEntries(
        report.routes[0].paths.map((one: { path: string; kind: string; verdict: string }) => [
          `${one.kind} ${one.path}`,
          one.verdict,
        ]),
      );
      expect(verdicts).toMatchObject({ 'presence body.note': 'different', 'value body.answeredAt': 'noise' });
      expect(report.different).toBe(1);
      expect(verdicts['value body.weight'] ?? 'noise').not.toBe('different');

      const refused = await admin.post(path('sign-off'), { why });
      expect(refused.status).toBe(409);
      expect(refused.body.error).toMatchObject({
        code: 'BANYAN_DIFF_OPEN',
        message: expect.stringContaining('body.note'),
      });
      expect((await admin.post(path('ignore'), { path: 'body.note', kind: 'nothing', why })).status).toBe(
        400,
      );
      const ignored = await admin.post(path('ignore'), {
        path: 'body.note',
        kind: 'presence',
        why: 'null is left out',
      });
      expect(ignored.body.ignore).toMatchObject([
        { path: 'body.note', who: 'tester', why: 'null is left out' },
      ]);
      const gate = async () => {
        const { gate: checks } = (await admin.run(path('cutover'), { dryRun: true })).result;
        return checks.find(({ check }: { check: string }) => check === 'signed off');
      };
      expect(await gate()).toMatchObject({ ok: false });
      expect((await admin.post(path('sign-off'), { why })).body).toMatchObject({ who: 'tester', why });
      expect(await gate()).toMatchObject({ ok: true });
      // Another version of the service: what was signed off is not what runs now.
      await admin.post(path('shadow'), { percent: 100, restart: true, why });
      expect(await gate()).toMatchObject({ ok: false });
      const actions = (await admin.get('/v1/audit?feature=parcels&limit=100')).map(
        ({ action }: { action: string }) => action,
      );
      expect(actions).toEqual(
        expect.arrayContaining(['shadow 100 %', 'ignore body.note', 'diff signed off']),
      );
    } finally {
      await router.stop();
      await link.close();
      await control.stop();
    }
  });
});
