import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { administer } from '../../support/accounts.ts';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { startChildControl } from './child-control.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { StoreProxy } from './store-proxy.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeEachEngine('what a stage requires', (db) => {
  test('runs by itself after the store’s connections broke right behind a release; the status is true meanwhile', async () => {
    await using world = await createParcelWorld(db, 50);
    await using proxy = await StoreProxy.open(world.config.state);
    const at: Record<string, () => void | Promise<void>> = {};
    const control = await startControl(
      { ...world.config, state: proxy.endpoint },
      { points: { reach: (point) => at[point]?.() } },
    );
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    await admin.run('/v1/features/parcels/copy', { why });
    at['cutover:after-release'] = () => {
      delete at['cutover:after-release'];
      proxy.setAway(true);
      setTimeout(() => proxy.setAway(false), 1_500);
    };
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    await world.query('service', "UPDATE parcels SET note = 'on the service' WHERE id = 1");
    // As soon as the store answers: what is logged is told, whether or not anybody carries it over.
    await until(async () => {
      const now = await feature().catch(() => null);
      if (now?.move?.applying === 'reverse') return true;
      if (now?.move?.backlog != null) expect(now.move.backlog.entries).toBeGreaterThan(0);
      return false;
    });
    const noted = async () => (await world.query('legacy', 'SELECT note FROM parcels WHERE id = 1'))[0]?.note;
    await until(async () => (await noted()) === 'on the service');
    await until(async () => (await feature()).finding === null);
    expect((await admin.run('/v1/features/parcels/rollback', { why })).result.owner).toBe('legacy');
    await control.stop();
  });

  test('includes that the owner’s tables are open, also while the move is paused', async () => {
    await using world = await createParcelWorld(db, 20);
    // The fence's triggers are dropped in the background after a handover; a reader is in the way of that.
    let keeps = false;
    let read: (() => Promise<void>) | undefined;
    const control = await startControl(world.config, {
      points: {
        async reach(point, about) {
          const { database } = world.config.legacy.database;
          if (!keeps || point !== 'fence:listed' || about?.database !== database) return;
          keeps = false;
          read = await world.openTransaction('legacy', 'SELECT 1 FROM parcels, parcel_events LIMIT 1');
        },
      },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    keeps = true;
    await admin.run('/v1/features/parcels/rollback', { why });
    await admin.post('/v1/features/parcels/pause', { why });
    // What a process that had been superseded might leave: the fence of the owner's tables, closed.
    const schema = world.config.state.database;
    await world.query('legacy', `UPDATE \`${schema}\`.fences SET closed = 1`);
    const opened = async () =>
      Number(
        (await world.query('legacy', `SELECT SUM(closed) AS closed FROM \`${schema}\`.fences`))[0]?.closed,
      ) === 0;
    await until(opened);
    await read?.();
    await control.stop();
  });

  test('includes banyan’s rights: once one is taken away writes fail, the status says so, the gate names the GRANT that ends it', async () => {
    await using world = await createParcelWorld(db, 20);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const finding = async () => (await admin.get('/v1/status')).features[0].finding?.what ?? null;
    await admin.run('/v1/features/parcels/copy', { why });
    const { user, database } = world.config.legacy.database;
    await administer(db.servers.a, [`REVOKE TRIGGER ON \`${database}\`.parcels FROM '${user}'@'127.0.0.1'`]);
    const write = () => world.query('legacy', "UPDATE parcels SET note = 'noted' WHERE id = 1");
    await expect(write()).rejects.toMatchObject({ errno: 1142 });
    await until(async () => (await finding())?.includes('lacks TRIGGER'));
    expect(await finding()).toContain('writes of the application may fail there');
    const { gate } = (await admin.run('/v1/features/parcels/cutover', { dryRun: true })).result;
    const rights = gate.find(({ check }: { check: string }) => check === 'rights');
    expect(rights).toMatchObject({ ok: false, detail: expect.stringContaining('lacks TRIGGER') });
    await administer(db.servers.a, [rights.fix]);
    await write();
    await until(async () => (await finding()) === null);
    await control.stop();
  });
});

// Its lease is the state store's matter, and the same on both.
describeOnEngine('mariadb', 'what a stage requires', (db) => {
  test('is begun again by a control process that was stopped while it conducted, with nobody else there', async () => {
    await using world = await createParcelWorld(db, 50);
    const config = withControl(world.config, { controlLeaseMs: 2_000 });
    const control = await startChildControl(config, 'cutover:after-fence', 'freeze');
    await control.admin.run('/v1/features/parcels/copy', { why });
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    const asked = control.admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
    await control.reached;
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    control.wake();
    // Where it renews its lease before it finds that it ran out, it cuts over; else the cutover is taken back.
    const { code = null } = await asked;
    if (code !== null) expect(code).toMatch(/^BANYAN_(LEASE_LOST|HANDOVER_TAKEN_BACK)$/);
    await until(async () => {
      const status = await control.admin.get('/v1/status').catch(() => null);
      const [now] = status?.features ?? [];
      const required = now?.owner === 'legacy' ? 'forward' : 'reverse';
      return status?.role === 'active' && now.handover === null && now.move.applying === required;
    });
    const acknowledged = writer.acknowledged.size;
    await until(() => writer.acknowledged.size > acknowledged + 3);
    await writer.stop();
    expect(writer.errors).toEqual([]);
    await router.stop();
    await control.kill();
  });
});
