import express from 'express';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { freshReads, openSeams } from '../../../control/seam/index.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import { seamPrivileges } from '../../../control/store/state-privileges.ts';
import { type RouterService, startRouter } from '../../../router/index.ts';
import { createAccount } from '../../support/accounts.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { deferred, silent, startUpstream } from '../../support/router/router-stage.ts';
import { AdminClient } from './admin-client.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mysql', 'pages of the monolith after a write to a feature that has left', (db) => {
  test('wait for the client’s own write, and say where it was too long', async () => {
    await using world = await createParcelWorld(db, 20);
    /** What the applier waits for before it takes the next keys. */
    let applying: () => Promise<unknown> = async () => undefined;
    const control = await startControl(world.config, {
      points: {
        reach: (point) => (point === 'apply:taking' ? applying().then(() => undefined) : Promise.resolve()),
      },
    });
    const { state } = world.config;
    await using least = await createAccount(db.servers.a, seamPrivileges(state.database));
    const link = await openSeams({ state: least.endpoint(state.database), leaseMs: 10_000, logger: silent });

    // An admin page on legacy's own table, with the helper and without.
    const app = express();
    app.use('/fresh', freshReads(link, { features: ['parcels'], deadlineMs: 60_000 }));
    app.use('/hasty', freshReads(link, { features: ['parcels'], deadlineMs: 1 }));
    app.get('/:how/:code', async (request, response) => {
      const rows = await world.query('legacy', 'SELECT code FROM parcels WHERE code = ?', [
        request.params.code,
      ]);
      response.json(rows.length);
    });
    await using monolith = await startUpstream(app);
    const service: RouterService = {
      async invoke(_method, { body }) {
        const { code } = JSON.parse(String(body));
        await world.query('service', 'INSERT INTO parcels (code, weight) VALUES (?, 1)', [code]);
        return { status: 201, rawHeaders: ['Set-Cookie', 'own=1'], body: Buffer.from('{}') };
      },
      close() {},
    };
    const router = await startRouter({
      ...{ listen: { port: 0 }, legacy: { addresses: [monolith.url] }, services: { parcels: service } },
      ...{ link: new MysqlStateLink({ state, leaseMs: 10_000 }), logger: silent, markWrites: true },
      drain: { idleMs: 0 },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    const follows = () =>
      router.version === link.table.current.version &&
      link.table.current.features.get('parcels')?.owner === 'service' &&
      link.table.current.features.get('parcels')?.inTransition === false;
    await expect.poll(follows).toBe(true);

    /** Writes through the router and looks at once at legacy's page, as one browser does. */
    let codes = 0;
    const writeAndLook = async (how: string, between: () => Promise<unknown> = async () => undefined) => {
      const code = `new-${++codes}`;
      const written = await fetch(`${router.url}/parcels`, {
        method: 'POST',
        body: JSON.stringify({ code }),
      });
      expect(written.status).toBe(201);
      const cookie = written.headers.getSetCookie().map((one) => one.split(';', 1)[0]);
      expect(cookie).toEqual(['own=1', expect.stringMatching(/^banyan_wrote_parcels=\d{13}$/)]);
      await between();
      const page = await fetch(`${router.url}/${how}/${code}`, { headers: { cookie: cookie.join('; ') } });
      return { found: await page.json(), stale: page.headers.get('x-banyan-stale') };
    };

    // The applier stands: without the helper a page lacks the write, and with no time to wait it says so.
    const [standing, go] = [deferred(), deferred()];
    applying = () => {
      standing.resolve();
      return go.promise;
    };
    const nudge = writeAndLook('fresh');
    await standing.promise;
    expect(await writeAndLook('plain')).toEqual({ found: 0, stale: null });
    expect(await writeAndLook('hasty')).toEqual({ found: 0, stale: 'parcels' });
    // A client that wrote nothing does not wait.
    expect((await fetch(`${router.url}/fresh/seed-1`)).status).toBe(200);
    go.resolve();
    expect(await nudge).toEqual({ found: 1, stale: null });

    // The applier is slow: with the helper no page is stale.
    applying = () => new Promise((resolve) => setTimeout(resolve, 30));
    const lanes = Array.from({ length: 10 }, async () => {
      const seen = [];
      for (let at = 0; at < 10; at++) seen.push(await writeAndLook('fresh'));
      return seen;
    });
    const seen = (await Promise.all(lanes)).flat();
    expect(seen.filter(({ found, stale }) => found !== 1 || stale !== null)).toEqual([]);
    expect(seen).toHaveLength(100);
    await router.stop();
    await link.close();
    await control.stop();
  }, 300_000);
});
