import { expect, test } from 'vitest';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { startControl } from '../../../control/index.ts';
import { administer } from '../../support/accounts.ts';
import type { TestServer } from '../../support/database-servers.ts';
import { describeOnEngine, laneOf } from '../../support/databases.ts';
import { RestorableServer } from '../../support/restorable-server.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, openSides, type ParcelWorld } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { StoreProxy } from './store-proxy.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';
const rollback = '/v1/features/parcels/rollback';

function withService(config: BanyanConfig, database: BanyanConfig['state']): BanyanConfig {
  const parcels = { ...config.features.parcels!, database };
  return { ...config, databases: { ...config.databases, service: database }, features: { parcels } };
}

/** A control process in this one that does something at a point. */
async function startAt(config: BanyanConfig, at: { [point: string]: () => Promise<void> }) {
  const control = await startControl(config, { points: { reach: (point) => at[point]?.() } });
  const admin = await AdminClient.open(control.url, config.control.tokenFile);
  const feature = async () => (await admin.get('/v1/status')).features[0];
  return { control, admin, feature };
}

async function copyAndCutOver(admin: AdminClient): Promise<void> {
  await admin.run('/v1/features/parcels/copy', { why });
  await admin.run('/v1/features/parcels/cutover', { why });
}

// Each of the two on one engine: what they ask of a server is the same code, and each asks all of it.
describeOnEngine('mysql', 'a service whose database is cut off', (db) => {
  test('goes home by an accepted loss, is closed once it is seen again, and tells what was lost', async () => {
    await using world = await createParcelWorld(db, 20);
    await using proxy = await StoreProxy.open(world.config.features.parcels!.database!);
    const config = withService(world.config, proxy.endpoint);
    const at: { [point: string]: () => Promise<void> } = {};
    const { control, admin, feature } = await startAt(config, at);
    await copyAndCutOver(admin);
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    const writer = new ParcelWriter(world, router, 1);
    await until(() => [...writer.acknowledged.values()].filter(({ side }) => side === 'service').length > 2);

    // Nothing stands against a rollback that loses nothing, and one with a loss says so.
    const open = await admin.run(rollback, { dryRun: true });
    expect(open.result).toMatchObject({ loss: { reached: true, lastSeen: null } });
    await writer.stop();
    await until(async () => (await admin.run(rollback, { dryRun: true })).result.loss.keys === 0);
    expect((await admin.run(rollback, { dryRun: true, acceptLoss: 0 })).result.wouldBegin).toBe(true);

    // Changes that are not carried over, since the move stands still, can be counted and named.
    await admin.post('/v1/features/parcels/pause', { why });
    await world.query('service', "UPDATE parcels SET note = 'late' WHERE code IN ('seed-1', 'seed-2')");
    const counted = (await admin.run(rollback, { dryRun: true })).result.loss;
    expect(counted).toMatchObject({ keys: 2, tables: [{ table: 'parcels', keys: 2 }, { keys: 0 }] });
    expect(counted.tables[0].list.map((one: { key: object }) => one.key)).toEqual([{ id: '2' }, { id: '3' }]);
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await admin.run(rollback, { dryRun: true })).result.loss.keys === 0);

    // Control cannot reach the service's database any more; the service can. What control saw of the log it notes every few seconds.
    const noted = `SELECT entries FROM \`${world.config.state.database}\`.state_seen WHERE feature = 'parcels'`;
    await until(async () => (await world.query('legacy', noted)).length > 0);
    proxy.setAway(true);
    await world.query('service', "INSERT INTO parcels (code, weight) VALUES ('lost-1', 1)");
    const away = (await admin.run(rollback, { dryRun: true })).result;
    expect(away).toMatchObject({ wouldBegin: false, gate: [{ check: 'service', ok: false }] });
    expect(away.loss).toMatchObject({
      reached: false,
      keys: null,
      tables: [],
      lastSeen: { entries: expect.any(Number) },
    });
    await expect(admin.run(rollback, { why, acceptLoss: 1_000 })).rejects.toMatchObject({
      code: 'BANYAN_LOSS_REFUSED',
      fix: expect.stringContaining('--accept-loss unknown'),
    });
    expect((await feature()).stage).toBe('extracted');

    // It heals right after the decision, before anybody looks; a job of the service's own writes until it is closed.
    at['rollback:after-decision'] = async () => {
      expect(await openSides(world)).toEqual(['service']);
      await world.query('service', "INSERT INTO parcels (code, weight) VALUES ('lost-2', 1)");
      await world.query('service', "DELETE FROM parcels WHERE code = 'seed-4'");
      proxy.setAway(false);
    };
    const asked = { why, acceptLoss: 'unknown' };
    expect((await admin.run(rollback, asked)).result).toMatchObject({
      ...{ stage: 'legacy', owner: 'legacy', loss: { keys: null } },
    });
    const after = new ParcelWriter(world, router, 1);
    await until(() => after.acknowledged.size > 2);
    await until(async () => (await feature()).lost.closed && (await feature()).lost.cleared);
    expect(await openSides(world)).toEqual(['legacy']);
    await after.stop();
    expect(after.errors).toEqual([]);
    expect([...after.acknowledged.values()].every(({ side }) => side === 'legacy')).toBe(true);
    expect(await after.lostOn('legacy')).toEqual([]);
    const { lost, finding, stage } = await feature();
    expect({ stage, finding, keys: lost.keys, accepted: lost.accepted }).toEqual({
      ...{ stage: 'legacy', finding: null, keys: 3, accepted: 'unknown' },
    });
    const kept = await world.query(
      'legacy',
      `SELECT row_key FROM \`${world.config.state.database}\`.state_lost_keys WHERE rollback = ?`,
      [lost.id],
    );
    expect(kept).toHaveLength(3);
    const listed = await admin.run('/v1/features/parcels/repair', { from: 'legacy', dryRun: true });
    expect(listed.result.takenBack.tables[0]).toMatchObject({ missing: 2, extra: 1, changed: 0 });
    const left = await world.query('legacy', "SHOW TRIGGERS LIKE 'parcels'");
    expect(left).toEqual([]);

    // Nothing of it may come back by itself: its tables are to be emptied first.
    await expect(admin.run('/v1/features/parcels/copy', { why })).rejects.toMatchObject({
      ...{ code: 'BANYAN_STAGE_REFUSED', fix: expect.stringContaining('--clean') },
    });
    await expect(admin.run('/v1/features/parcels/abandon', { why })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    expect(await openSides(world)).toEqual(['legacy']);
    await admin.run('/v1/features/parcels/abandon', { why, clean: true });
    expect((await feature()).lost).toBeNull();
    await admin.run('/v1/features/parcels/copy', { why });
    expect(await world.query('service', "SELECT code FROM parcels WHERE code LIKE 'lost-%'")).toEqual([]);
    const decided = (await admin.get('/v1/audit?feature=parcels&limit=100')).find(
      ({ action, details }: { action: string; details: object | null }) =>
        action === 'rollback: decide' && details !== null && 'lost' in details,
    );
    expect(decided).toMatchObject({ who: 'tester', details: { lost: { keys: null, reached: false } } });
    await router.stop();
    await control.stop();
  });
});

async function createTablesAs(world: ParcelWorld, server: TestServer, database: string): Promise<void> {
  const made: string[] = [];
  for (const table of ['parcels', 'parcel_events']) {
    const [row] = await world.query('legacy', `SHOW CREATE TABLE ${table}`);
    made.push(String(row!['Create Table']));
  }
  await administer(server, [`USE \`${database}\``, ...made]);
}

describeOnEngine(
  'mariadb',
  'a service whose database server is lost for good',
  ({ engine, servers, createDatabase }) => {
    test('in the middle of a rollback: the way home is an accepted loss, and a new database begins anew', async () => {
      await using server = await RestorableServer.start(engine);
      await using world = await createParcelWorld(laneOf(engine, { a: servers.a, b: server.place }), 20);
      const at: { [point: string]: () => Promise<void> } = {};
      const dies = (point: string) => {
        at[point] = async () => {
          delete at[point];
          throw new Error('died');
        };
      };
      const { control, admin, feature } = await startAt(world.config, at);
      const post = (action: string) => admin.post(`/v1/features/parcels/${action}`, { why });
      await copyAndCutOver(admin);
      const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
      await router.start();
      // What is not carried over, since the move stands still, can be counted and named.
      await post('pause');
      await world.query('service', "UPDATE parcels SET note = 'late' WHERE code IN ('seed-1', 'seed-2')");
      const { loss } = (await admin.run(rollback, { dryRun: true })).result;
      expect(loss).toMatchObject({ keys: 2, tables: [{ table: 'parcels', keys: 2 }, { keys: 0 }] });
      await post('resume');
      await until(async () => (await feature()).otherSide === 'current');

      // kill -9 of the server, and its rows are gone, while both sides are closed: nothing can open the service's tables again.
      at['rollback:after-fence'] = async () => {
        delete at['rollback:after-fence'];
        await server.lose();
      };
      const first = admin.run(rollback, { why }).catch((error) => error);
      await until(async () => (await feature()).handover?.phase === 'aborting');
      const asked = { why, acceptLoss: 'unknown' };
      // Before the decision it is taken back, without the service; after it whoever finds it finishes it.
      dies('rollback:before-decision');
      await expect(admin.run(rollback, asked)).rejects.toMatchObject({ code: 'BANYAN_HANDOVER_TAKEN_BACK' });
      expect(await first).toMatchObject({ code: expect.stringMatching(/^BANYAN_HANDOVER_/) });
      expect(await feature()).toMatchObject({ stage: 'extracted', handover: null, lost: null });
      dies('rollback:after-decision');
      await expect(admin.run(rollback, asked)).rejects.toMatchObject({ message: 'died' });
      await until(async () => (await feature()).handover === null);
      expect(await feature()).toMatchObject({
        ...{ stage: 'legacy', owner: 'legacy' },
        lost: { accepted: 'unknown', keys: null, closed: false },
      });
      await router.write(async (side) => {
        expect(side).toBe('legacy');
        await world.query(side, "INSERT INTO parcels (code, weight) VALUES ('since', 1)");
      });
      await until(async () => (await feature()).finding?.what.includes('not known to be closed') === true);
      // It does not come back: nobody need look after it for ever.
      await admin.run('/v1/features/parcels/abandon', { why, clean: true });
      await until(async () => (await feature()).finding === null);
      await control.stop();

      await using other = await createDatabase('b', 'service');
      await createTablesAs(world, servers.b, other.database);
      const anew = await startAt(withService(world.config, other), {});
      await anew.admin.run('/v1/features/parcels/copy', { why });
      expect(await anew.feature()).toMatchObject({ stage: 'syncing', lost: null });
      await router.stop();
      await anew.control.stop();
      // The world takes its own away.
      await server.beginAnew();
      await administer(server.place, [`CREATE DATABASE \`${world.sides.service.database}\``]);
    });
  },
);
