import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { roomForDigests } from '../../support/room-for-digests.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

function withCutover(
  config: BanyanConfig,
  cutover: Partial<BanyanConfig['control']['cutover']>,
): BanyanConfig {
  return { ...config, control: { ...config.control, cutover: { ...config.control.cutover, ...cutover } } };
}

/** A write to the service's tables with the fence's own key: only an account that reads banyan's schema has it. */
async function behindTheFence(world: ParcelWorld, write: string): Promise<void> {
  await world.query(
    'service',
    `SET @banyan_token = (SELECT token FROM \`${world.config.state.database}\`.fence_keys LIMIT 1);
     ${write}; SET @banyan_token = NULL`,
  );
}

/** Banyan's tables on both sides, and who has claimed the fences there. */
function traces(world: ParcelWorld): Promise<unknown> {
  const schema = world.config.state.database;
  const look = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${schema}' ORDER BY 1;
    SELECT * FROM \`${schema}\`.fence_keys`;
  return Promise.all([world.query('legacy', look), world.query('service', look)]);
}

describeEachEngine('a cutover that cannot be finished', (db) => {
  test('is taken back: a router that never drains, a lock that is not free; writers saw a pause', async () => {
    await using world = await createParcelWorld(db, 50);
    let afterBarrier = async () => {};
    const start = async (cutover: Partial<BanyanConfig['control']['cutover']>) => {
      const control = await startControl(withCutover(world.config, cutover), {
        points: { reach: (point) => (point === 'cutover:after-barrier' ? afterBarrier() : undefined) },
      });
      return { control, admin: await AdminClient.open(control.url, world.config.control.tokenFile) };
    };
    let { control, admin } = await start({ deadlineMs: 1_500 });
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    await admin.run('/v1/features/parcels/copy', { why });

    // A live router with a write under way that never ends.
    router.neverDrains = true;
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      details: { cause: 'BANYAN_BARRIER_TIMEOUT' },
    });
    router.neverDrains = false;
    await until(async () => (await admin.get('/v1/status')).features[0].stage === 'syncing');
    await control.stop();
    ({ control, admin } = await start({ lockTimeoutMs: 300 }));

    // A transaction that came after the gate and keeps a lock on one of the tables.
    let unlock = async () => {};
    afterBarrier = async () => {
      unlock = await world.openTransaction('legacy', "UPDATE parcel_events SET kind = 'held' WHERE id = 1");
    };
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      details: { cause: 'BANYAN_FENCE_TIMEOUT' },
    });
    afterBarrier = async () => {};
    await unlock();

    // Control is asked to end while it waits for the routers.
    await until(() => router.table.features[0]?.hold === false);
    router.neverDrains = true;
    const cutover = admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
    await until(() => router.table.features[0]?.hold === true);
    await control.stop();
    expect((await cutover).code).toBe('BANYAN_HANDOVER_TAKEN_BACK');
    await until(() => router.table.features[0]?.hold === false);
    router.neverDrains = false;
    ({ control, admin } = await start({}));

    // Nobody knows what a replica does whose lease has run out, unless somebody says that he does; it is not waited for then.
    const silent = new TinyRouter(world.config.state, 'parcels', 'silent', 200);
    silent.neverDrains = true;
    await silent.start();
    await silent.fallSilent();
    await until(async () => (await admin.get('/v1/status')).replicas.length === 1);
    const refused = await admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringMatching(/^routers: nobody knows/) }],
    });
    const { result } = await admin.run('/v1/features/parcels/cutover', { why, force: ['routers'] });
    expect(result.owner).toBe('service');
    const entries: { action: string; why: string }[] = await admin.get('/v1/audit?feature=parcels&limit=9');
    expect(entries.find(({ action }) => action === 'cutover: hold')?.why).toMatch(
      /\[forced: routers: nobody knows/,
    );

    await until(() => [...writer.acknowledged.values()].some((entry) => entry.side === 'service'));
    await writer.stop();
    expect(writer.errors).toEqual([]);
    expect(await writer.lostOn('service')).toEqual([]);
    const actions = (await admin.get('/v1/audit?feature=parcels&limit=100')).map(
      (entry: { action: string }) => entry.action,
    );
    expect(actions.filter((action: string) => action === 'cutover: release to legacy')).toHaveLength(3);
    await router.stop();
    await control.stop();
  });

  test('tells who took it back and why, whatever it waited for then', async () => {
    await using world = await createParcelWorld(db, 20);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/verify', { why });
    const abortedOnce = async (isWaiting: () => Promise<unknown>) => {
      const cutover = admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
      await until(async () => Boolean(await isWaiting()));
      const { body } = await admin.post('/v1/features/parcels/abort', { why: 'the wrong hour' });
      expect(body).toMatchObject({ outcome: 'taken back', stage: 'syncing' });
      return cutover;
    };

    // The triggers of the fence wait for a transaction; nobody is held yet.
    const end = await world.openTransaction('legacy', "UPDATE parcel_events SET kind = 'held' WHERE id = 1");
    const waiting = `SELECT 1 FROM information_schema.PROCESSLIST
      WHERE STATE LIKE 'Waiting for table metadata lock' AND INFO LIKE '%TRIGGER%parcel_events%'`;
    const inPreparation = await abortedOnce(async () => (await world.query('legacy', waiting)).length);
    await end();
    expect(inPreparation).toMatchObject({
      code: 'BANYAN_HANDOVER_ABORTED',
      message: expect.stringMatching(/took it back by hand: the wrong hour$/),
    });

    // Writes are held, and a router does not follow.
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    router.neverDrains = true;
    const inHold = await abortedOnce(async () => router.table.features[0]?.hold);
    expect(inHold).toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      message: expect.stringMatching(/took it back by hand: the wrong hour \(writes were held/),
      details: { cause: 'BANYAN_HANDOVER_ABORTED' },
    });
    await router.stop();
    await control.stop();
  });

  test('is taken back when a row that was applied last is not equal on both sides', async () => {
    await using world = await createParcelWorld(db, 20);
    let afterDrain = async () => {};
    const control = await startControl(world.config, {
      points: { reach: (point) => (point === 'cutover:after-drain' ? afterDrain() : undefined) },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/verify', { why });
    await world.query('legacy', 'UPDATE parcels SET weight = 5 WHERE id = 4');
    const setWeight = (weight: number) =>
      behindTheFence(world, `UPDATE parcels SET weight = ${weight} WHERE id = 4`);
    afterDrain = async () => {
      await setWeight(6);
    };
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      details: { cause: 'BANYAN_ROWS_DIFFER' },
    });
    afterDrain = async () => {};
    await setWeight(5);
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    await control.stop();
  });

  test('does not begin while the gate is closed, and a dry run says why without a trace', async () => {
    await using counting = await createConnection({ ...db.servers.a });
    // Of the rows that the world begins with.
    if (db.engine === 'mysql') await roomForDigests(counting);
    await using world = await createParcelWorld(db, 50);
    let control = await startControl(world.config);
    let admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    await expect(admin.run('/v1/features/parcels/rollback', { why })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    await admin.run('/v1/features/parcels/copy', { why });
    const before = await traces(world);

    // A router that was started before the feature was configured would answer its requests with 503.
    const router = new TinyRouter(world.config.state, 'parcels', 'started-before');
    router.services = [];
    await router.start();
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringContaining('served') }],
    });
    const share = { percent: 5, why };
    expect(await admin.post('/v1/features/parcels/canary', share)).toMatchObject({
      body: { error: { code: 'BANYAN_CANARY_REFUSED' } },
    });
    const status = await admin.get('/v1/status');
    expect(status.replicas).toMatchObject([{ services: [] }]);

    // One of an earlier version, as there are while they are renewed one after the other.
    router.services = ['parcels'];
    router.config = { ...status.config, banyan: '0.0.1', restart: [], fault: null, reload: 0 };
    await until(async () => (await admin.get('/v1/status')).replicas[0].config !== null);
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringMatching(/^versions: .* is banyan 0\.0\.1, control /) }],
    });
    // A route of the monolith's that no feature has, as its own processes tell.
    const state = await createConnection(world.config.state);
    await state.query(
      `INSERT INTO state_callers SET database_name = ?, table_name = 'parcels', access = 'write', caller = 'POST /admin/labels',
        app = 'monolith', statement = '', seen = 3, first_at = NOW(3), last_at = NOW(3)`,
      [world.config.legacy.database.database],
    );
    const force = ['versions'];
    const routes = /^routes: POST \/admin\/labels \(of no feature\) wrote to parcels 3 times, the last /;
    await expect(admin.run('/v1/features/parcels/cutover', { why, force })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringMatching(routes), fix: expect.stringContaining('--force routes') }],
    });
    force.push('routes');
    const forced = await admin.run('/v1/features/parcels/cutover', { dryRun: true, force });
    expect(forced.result.wouldBegin).toBe(true);
    expect(await traces(world)).toEqual(before);
    await state.query('DELETE FROM state_callers');
    await state.end();
    const told = new Map<string, string>(
      forced.result.gate.map(({ check, detail }: { check: string; detail: string }) => [check, detail]),
    );
    expect(told.get('routers')).toMatch(
      /^1 alive, banyan 0\.0\.1, route table \d+, config \w{8}, none cut off$/,
    );
    const seen =
      db.engine === 'mysql'
        ? /^\d+ statements (wrote|read) them in the last 10 min, the last \d+ s ago/
        : /./;
    expect(told.get('writers')).toMatch(seen);
    expect(told.get('readers')).toMatch(/./);
    await router.stop();

    // Somebody changed a row behind the fence's back.
    await behindTheFence(world, 'UPDATE parcels SET weight = 77 WHERE id = 3');
    const { version } = await admin.get('/v1/status');
    const rehearsed = await admin.run('/v1/features/parcels/cutover', { dryRun: true });
    expect(rehearsed.result).toMatchObject({ dryRun: true, wouldBegin: true });
    expect(rehearsed.result.steps.length).toBeGreaterThan(8);
    expect((await admin.get('/v1/status')).version).toBe(version);
    // The cutover verifies by itself, since nobody has.
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringContaining('verified') }],
    });
    await behindTheFence(world, 'UPDATE parcels SET weight = (3 - 1) * 1.007 WHERE id = 3');
    expect((await admin.run('/v1/features/parcels/verify', { why })).result.different).toBe(0);

    await control.stop();
    control = await startControl(withCutover(world.config, { maxTransactionMs: 1 }));
    admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const end = await world.openTransaction('legacy', 'UPDATE parcels SET note = 1 WHERE id = 1');
    // The server counts its age in whole seconds, and refreshes what it says only when it was not asked for 100 ms.
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const { result } = await admin.run('/v1/features/parcels/cutover', { dryRun: true });
      return result.gate.some(
        (one: { check: string; ok: boolean }) => one.check === 'transactions' && !one.ok,
      );
    });
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: [{ what: expect.stringContaining('transactions') }],
    });
    await end();
    expect((await admin.get('/v1/status')).features[0]).toMatchObject({ stage: 'syncing', hold: false });
    await control.stop();
  });
});
