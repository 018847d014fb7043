import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { describeError } from '../../../common/errors.ts';
import { advance } from '../../../control/feature/index.ts';
import { HeldLease, MysqlStateLink, StateStore } from '../../../control/store/index.ts';
import { statePrivileges } from '../../../control/store/state-privileges.ts';
import { checkPrivileges, type NeededPrivilege } from '../../../mover/index.ts';
import { emptyRouteTally } from '../../../router/shadow/tally/index.ts';
import { administer, createAccount } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';

const actor = { who: 'ops', why: 'because' };
const signal = () => AbortSignal.timeout(5_000);

describeEachEngine('state store', (db) => {
  test('processes that start at once migrate once, and each change is one version with one audit entry', async () => {
    await using state = await createStateDatabase(db);
    const features = [parcelFeature(null), parcelFeature(null, { name: 'labels', routes: [] })];
    await Promise.all([1, 2, 3].map(async () => (await StateStore.open({ state, features })).close()));
    await using store = await openStore(state, features);
    const first = await store.routeTable();
    expect(first.version).toBe(1);
    expect(first.routes.map((route) => route.readPercent)).toEqual([0, 0, 0]);

    await toSyncing(store, 'parcels');
    const ids = first.routes.map((route) => route.id);
    const changed = await store.change({
      ...actor,
      feature: 'parcels',
      action: 'test: flip',
      change: ({ state: before }) => ({
        ...before,
        readPercents: Object.fromEntries(ids.map((id) => [id, 100])),
      }),
    });
    expect(changed.version).toBe(4);
    const table = await store.routeTable();
    expect(table.features[0]).toMatchObject({ owner: 'legacy', stage: 'syncing', hold: false });
    // All routes of one flip are in one version: there is no table in which only some have moved.
    expect(table.routes.map((route) => route.readPercent)).toEqual([100, 100, 100]);

    // A flip goes to nobody but readers, and a pause takes them back: the other side is not kept current.
    const paused = await store.change({
      ...actor,
      feature: 'parcels',
      action: 'pause',
      change: ({ state: before }) => ({ ...before, paused: true }),
    });
    expect(paused.version).toBe(5);
    expect((await store.routeTable()).routes.map((route) => route.readPercent)).toEqual([0, 0, 0]);
    const entries = await store.audit({ feature: 'parcels', limit: 10 });
    expect(entries.map((entry) => [entry.action, entry.version])).toEqual([
      ['pause', 5],
      ['test: flip', 4],
      ['copied', 3],
      ['copy', 2],
    ]);
    expect(entries[2]).toMatchObject({
      who: 'ops',
      why: 'because',
      from: { stage: 'copying' },
      to: { stage: 'syncing' },
    });
  });

  test('a migration that failed half-way for want of a right goes on where it was', async () => {
    await using database = await db.createDatabase('a', 'state');
    const [needed] = statePrivileges(database.database);
    const without = needed?.privileges.filter((one) => one !== 'ALTER') ?? [];
    await using account = await createAccount(db.servers.a, [
      { ...(needed as NeededPrivilege), privileges: without },
    ]);
    const state = account.endpoint(database.database);
    const features = [parcelFeature(null)];
    const failed = await StateStore.open({ state, features }).catch((error: unknown) => error);
    expect(describeError(failed)).toMatchObject({
      code: 'BANYAN_PRIVILEGE_MISSING',
      message: expect.stringContaining('ALTER'),
      fix: expect.stringContaining('banyan check'),
    });
    const [missing] = await checkPrivileges(state, statePrivileges(database.database));
    expect(missing?.what).toMatch(/lacks ALTER on/);
    await administer(db.servers.a, [String(missing?.fix)]);
    await using store = await openStore(state, features);
    expect(await store.routeTable()).toMatchObject({ version: 1 });
  });

  test('changes at the same moment each get a version of their own, and a refused one leaves nothing', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        store.change({
          ...actor,
          feature: 'parcels',
          action: `step ${index}`,
          change: ({ state: before }) => advance(before, before.stage === 'legacy' ? 'copy' : 'abandon'),
        }),
      ),
    );
    expect(results.map((result) => result.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 2),
    );
    await expect(
      store.change({
        ...actor,
        feature: 'parcels',
        action: 'refused',
        change: () => {
          throw new Error('no');
        },
      }),
    ).rejects.toThrow('no');
    expect((await store.audit({ limit: 1 }))[0]?.action).toMatch(/^step/);
    await expect(store.feature('nothing')).rejects.toMatchObject({ code: 'BANYAN_FEATURE_UNKNOWN' });
  });

  test('a config that lost a feature under way is refused', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const to = (stage: 'copying' | 'legacy') =>
      store.change({ ...actor, feature: 'parcels', action: stage, change: (at) => ({ ...at.state, stage }) });
    await to('copying');
    await expect(openStore(state, [])).rejects.toMatchObject({ code: 'BANYAN_FEATURE_UNDER_WAY' });
    await to('legacy');
    await using emptied = await openStore(state, []);
    expect((await emptied.routeTable()).routes).toEqual([]);
  });

  test('a lease has one holder; when it ran out the next one’s epoch is higher and the zombie’s change fails', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const zombie = await store.leases.acquire('control', 'one', 1_500);
    expect(zombie).not.toBeNull();
    expect(await store.leases.acquire('control', 'two', 1_500)).toBeNull();
    await until(async () => (await store.leases.acquire('control', 'two', 60_000)) !== null);
    const [row] = await store.leases.list();
    expect(row).toMatchObject({ holder: 'two' });
    expect(Number(row?.epoch)).toBeGreaterThan(zombie!.epoch);

    await expect(store.leases.renew(zombie!, 1_500)).rejects.toMatchObject({ code: 'BANYAN_LEASE_LOST' });
    await expect(
      store.change({
        ...actor,
        feature: 'parcels',
        action: 'zombie',
        lease: zombie!,
        change: ({ state: before }) => ({ ...before, stage: 'extracted' }),
      }),
    ).rejects.toMatchObject({ code: 'BANYAN_LEASE_LOST' });
    expect((await store.feature('parcels')).stage).toBe('legacy');
  });

  test('a held lease stays held, and says so when another process took it', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, []);
    const askedAt = performance.now();
    const grant = (await store.leases.acquire('control', 'one', 2_000))!;
    const lease = async () => (await store.leases.list())[0]!;
    const atFirst = (await lease()).lease_until.getTime();
    const held = new HeldLease(store.leases, grant, 2_000, askedAt);
    // Nobody gets it, before or after it would have run out.
    await until(async () => {
      expect(await store.leases.acquire('control', 'two', 2_000)).toBeNull();
      return (await lease()).lease_until.getTime() > atFirst + 2_000;
    });
    expect(held.lost.aborted).toBe(false);

    // As if this process had been stopped for longer than its lease.
    await store.leases.release(grant);
    expect(await store.leases.acquire('control', 'two', 60_000)).not.toBeNull();
    await until(() => held.lost.aborted);
    expect(held.lost.reason).toMatchObject({ code: 'BANYAN_LEASE_LOST' });
    await held.release();
    expect((await store.leases.list())[0]).toMatchObject({ holder: 'two' });
  });

  test('replicas are asked to beat more often around a handover, less often the more there are', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const link = new MysqlStateLink({ state, leaseMs: 60_000, countEveryMs: 0 });
    const report = { host: 'here', pid: 1, version: 1, drained: {}, services: ['parcels'] };
    const beat = (replica: string) => link.beat({ ...report, replica }, signal());
    expect(await beat('r0')).not.toHaveProperty('hurryMs');
    await store.fleet.hurryRouters(60_000);
    expect(await beat('r0')).toMatchObject({ hurryMs: 10 });
    for (let index = 1; index < 100; index++) await beat(`r${index}`);
    expect(await beat('r0')).toMatchObject({ hurryMs: 40, calmMs: 200, leaseMs: 60_000 });
    // Nothing new: only looked at the table. What is new is reported at once.
    expect((await beat('r0')).leaseMs).toBe(60_000);
    const holding = { ...report, replica: 'r0', version: 2, drained: { parcels: 2 } };
    expect(await link.beat(holding, signal())).toMatchObject({ leaseMs: 60_000 });
    const known = (await store.fleet.replicas()).find(({ replica }) => replica === 'r0');
    expect(known).toMatchObject({ version: 2, drained: { parcels: 2 } });
    // A lease that is short must not run out between two beats, nor between two reports.
    const short = new MysqlStateLink({ state, leaseMs: 450 });
    const own = { ...report, replica: 'r1' };
    expect(await short.beat(own, signal())).toMatchObject({ calmMs: 150, leaseMs: 450 });
    await until(async () => (await short.beat(own, signal())).leaseMs === 450);
    // What only says again what its row says makes no row; one that is gone is made again.
    await link.leave('r0');
    await beat('r0');
    expect(
      (await store.fleet.replicas()).some(({ replica, host }) => replica === 'r0' && host === 'here'),
    ).toBe(true);
    await store.fleet.hurryRouters(0);
    await beat('r0');
    expect(await beat('r0')).not.toHaveProperty('hurryMs');
    await short.close();
    await link.close();
  });

  test('replicas report what they count while somebody asks, and take nothing from what was compared', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const link = new MysqlStateLink({ state, leaseMs: 60_000 });
    const report = { replica: 'r1', host: 'here', pid: 1, version: 1, drained: {}, services: ['parcels'] };
    expect(await link.beat(report, signal())).not.toHaveProperty('asksCounts');
    await store.fleet.askRoutersToCount(60_000);
    expect(await link.beat(report, signal())).toMatchObject({ asksCounts: true });
    await toSyncing(store, 'parcels');
    const shadow = {
      ...{ run: 'run', since: new Date().toISOString(), percent: 1, repeatPercent: 0, routes: null },
      ...{
        sandbox: null,
        compare: { numbers: 'value' as const, keyOrder: 'ignore' as const, headers: [] },
        ignore: [],
        signedOff: null,
      },
    };
    await store.change({
      ...actor,
      action: 'shadow',
      feature: 'parcels',
      change: ({ state }) => ({ ...state, shadow }),
    });
    const legacy = { requests: 7, errors: 1, latencies: [7] };
    const traffic = { 'GET /parcels': { legacy, service: { requests: 0, errors: 0, latencies: [] } } };
    const tally = { 'GET /parcels': { ...emptyRouteTally, compared: 3 } };
    const counted = (of: object) =>
      link.beat(
        { ...report, counted: [{ feature: 'parcels', shadow: null, traffic: null, ...of }] },
        signal(),
      );
    await counted({ shadow: { run: 'run', tally } });
    expect((await store.fleet.trafficReports(60_000)).reports).toEqual([]);
    await counted({ traffic });
    const { reports, nowMs } = await store.fleet.trafficReports(60_000);
    expect(reports).toEqual([
      { feature: 'parcels', replica: 'r1', atMs: expect.any(Number), counts: traffic },
    ]);
    expect(nowMs).toBeGreaterThanOrEqual(reports[0]!.atMs);
    expect((await store.shadowTally('parcels'))['GET /parcels']?.compared).toBe(3);
    await store.fleet.askRoutersToCount(0);
    expect(await link.beat(report, signal())).not.toHaveProperty('asksCounts');
    await link.close();
  });

  test('a replica beats: it is live for its lease, gets each newer table once, and is gone after leaving', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const link = new MysqlStateLink({ state, leaseMs: 2_000 });
    const report = { replica: 'r1', host: 'here', pid: 1, version: 0, drained: {}, services: ['parcels'] };
    const first = await link.beat(report, signal());
    expect(first).toMatchObject({ leaseMs: 2_000, table: { version: 1 } });
    const pending = async (holdVersion: number, ...features: string[]) =>
      (await store.fleet.barrierPending(features, holdVersion, { limit: 9, sinceMs: 0 })).map(
        ({ waitsFor }) => waitsFor,
      );
    expect(await store.fleet.barrierPending(['parcels'], 1, { limit: 9, sinceMs: 0 })).toEqual([
      { replica: 'r1', waitsFor: 'version' },
    ]);
    expect(await store.fleet.everyReplicaFollows(1)).toBe(false);
    // A lease is renewed while somebody changes the route table: it waits for nobody's turn.
    const admin = await createConnection({ ...state, multipleStatements: true });
    await link.beat({ ...report, version: 1 }, signal());
    await admin.query('BEGIN; SELECT * FROM state_route_table FOR UPDATE');
    expect(await link.beat({ ...report, version: 1 }, signal())).toEqual({ leaseMs: 2_000 });
    admin.destroy();
    expect(await link.beat({ ...report, version: 1 }, signal())).toEqual({ leaseMs: 2_000 });
    expect(await pending(1, 'parcels')).toEqual(['drain']);
    await link.beat({ ...report, version: 9, drained: { parcels: 7, 'a."b': 8 } }, signal());
    expect(await store.fleet.everyReplicaFollows(9)).toBe(true);
    expect(await pending(7, 'parcels')).toEqual([]);
    expect(await pending(8, 'parcels')).toEqual(['drain']);
    expect(await pending(10, 'parcels')).toEqual(['version']);
    expect(await pending(7, 'labels')).toEqual(['drain']);
    expect(await pending(7, 'parcels', 'a."b')).toEqual([]);
    expect(await pending(8, 'parcels', 'a."b')).toEqual(['drain']);
    expect(await store.fleet.barrierPending(['parcels'], 10, { limit: 0, sinceMs: 0 })).toEqual([]);
    // What a router says is so from then on, though the server has yet to commit it.
    const committing = await createConnection({ ...state, multipleStatements: true });
    await committing.query('BEGIN; UPDATE state_replicas SET version = 10');
    expect(await store.fleet.everyReplicaFollows(10)).toBe(true);
    expect(await pending(10, 'parcels')).toEqual(['drain']);
    await committing.query('ROLLBACK');
    committing.destroy();

    await until(async () => (await store.fleet.replicas()).every((replica) => !replica.live));
    expect(await pending(10, 'parcels')).toEqual([]);
    expect(await store.fleet.everyReplicaFollows(10)).toBe(true);
    await link.beat(report, signal());
    expect((await store.fleet.replicas())[0]?.live).toBe(true);
    await link.leave('r1');
    expect(await store.fleet.replicas()).toEqual([]);
    await link.close();
  });

  test('a report within a lease is one statement; one after it reads the route table before anything is decided by it', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    let nowMs = 0;
    const link = new MysqlStateLink({ state, leaseMs: 60_000, now: () => nowMs });
    const report = { replica: 'r1', host: 'here', pid: 1, version: 1, drained: {}, services: ['parcels'] };
    await link.beat({ ...report, version: 0 }, signal());
    const change = (action: 'copy' | 'copied') =>
      store.change({ ...actor, feature: 'parcels', action, change: (at) => advance(at.state, action) });
    const { version } = await change('copy');
    // Every barrier waits for it until it has reported the newer table: it may hear of that with its next beat.
    expect(await link.beat(report, signal())).not.toHaveProperty('table');
    expect(await store.fleet.everyReplicaFollows(version)).toBe(false);
    expect(await link.beat(report, signal())).toMatchObject({ table: { version } });
    await link.beat({ ...report, version }, signal());
    expect(await store.fleet.everyReplicaFollows(version)).toBe(true);
    // Nobody need have waited for it any more.
    nowMs += 60_000;
    await change('copied');
    const late = { ...report, version, drained: { parcels: version } };
    expect(await link.beat(late, signal())).toMatchObject({ table: { version: version + 1 } });
    // A beat that was given up arrives late: the next one but one says again what is so.
    const newest = { ...late, version: version + 1 };
    await link.beat(newest, signal());
    const admin = await createConnection({ ...state });
    await admin.query('UPDATE state_replicas SET version = 1');
    admin.destroy();
    await link.beat(newest, signal());
    nowMs += 30_000;
    await link.beat(newest, signal());
    expect(await store.fleet.everyReplicaFollows(version + 1)).toBe(true);
    // Its row is gone: it says everything again.
    await link.leave('r1');
    await link.beat(newest, signal());
    expect(await store.fleet.replicas()).toMatchObject([
      { replica: 'r1', host: 'here', services: ['parcels'] },
    ]);
    await link.close();
  });

  test('in a large fleet looks keep a lease; a barrier is done with who neither reported nor looked within one', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const admin = await createConnection({ ...state });
    let nowMs = 0;
    const link = new MysqlStateLink({ state, leaseMs: 10_000, countEveryMs: 0, now: () => nowMs });
    const report = { host: 'here', pid: 1, version: 1, drained: {}, services: ['parcels'] };
    const beat = (about: object = {}) => link.beat({ ...report, replica: 'r0', ...about }, signal());
    for (let index = 60; index >= 0; index--) await beat({ replica: `r${index}` });
    const pending = async (sinceMs: number, ...features: string[]) =>
      (await store.fleet.barrierPending(features, 2, { limit: 99, sinceMs })).map(({ replica }) => replica);
    const longAgo = () => admin.query('UPDATE state_replicas SET beat_at = beat_at - INTERVAL 20 SECOND');
    expect(await pending(90_000)).toHaveLength(61);
    await longAgo();
    nowMs += 12_000;
    // It commits nothing.
    expect((await beat()).leaseMs).toBe(10_000);
    const own = (await store.fleet.replicas()).find(({ replica }) => replica === 'r0');
    expect(own?.beatAgoMs).toBeGreaterThan(19_000);
    // What stands is waited for, until nobody can have looked before the hold and still write.
    expect(await pending(10_200)).toHaveLength(61);
    expect(await store.fleet.everyReplicaFollows(2, 10_200)).toBe(false);
    expect(await pending(10_260)).toEqual([]);
    expect(await store.fleet.everyReplicaFollows(2, 10_260)).toBe(true);

    // A look that finds a newer table grants nothing: whoever refuses it goes by what it reports, and is waited for.
    await store.change({
      ...actor,
      feature: 'parcels',
      action: 'copy',
      change: (at) => advance(at.state, 'copy'),
    });
    nowMs += 3_000;
    expect(await beat()).toMatchObject({ leaseMs: 7_000, table: { version: 2 } });
    nowMs += 6_000;
    expect((await beat()).leaseMs).toBe(10_000);
    expect(await pending(90_000)).toEqual(['r0']);
    // It says that it drains for as long as it does, and is waited for no longer than a lease after that.
    await beat({ version: 2, draining: true });
    nowMs += 5_000;
    expect((await beat({ version: 2, draining: true })).leaseMs).toBe(10_000);
    expect(await pending(90_000)).toEqual([]);
    expect(await pending(90_000, 'parcels')).toEqual(['r0']);
    await longAgo();
    expect(await pending(0, 'parcels')).not.toContain('r0');
    // A beat that was given up arrives late: what stands is not cut short.
    await link.close();
    const late = new MysqlStateLink({ state, leaseMs: 10_000 });
    await late.beat({ ...report, replica: 'r0', version: 2 }, signal());
    const [[row]] = await admin.query<RowDataPacket[]>(
      "SELECT lease_until > NOW(3) + INTERVAL 20 SECOND AS kept FROM state_replicas WHERE replica = 'r0'",
    );
    expect(row?.kept).toBe(1);
    // The schema of an earlier version: each report is its lease.
    await late.leave('r0');
    await admin.query('ALTER TABLE state_replicas DROP COLUMN look_ms');
    await late.beat({ ...report, replica: 'r0', version: 2 }, signal());
    expect((await store.fleet.replicas()).find(({ replica }) => replica === 'r0')?.live).toBe(true);
    admin.destroy();
    await late.close();
  });

  test('a beat that is aborted rejects, and the next one connects again', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, []);
    const link = new MysqlStateLink({ state, leaseMs: 2_000 });
    const report = { replica: 'r1', host: 'here', pid: 1, version: 0, drained: {}, services: ['parcels'] };
    await expect(link.beat(report, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    const early = new AbortController();
    const beat = link.beat(report, early.signal);
    early.abort(new Error('too slow'));
    await expect(beat).rejects.toThrow('too slow');
    // What was given up may have been written, or may be yet.
    expect(await link.beat(report, signal())).toMatchObject({ leaseMs: expect.any(Number) });
    expect(await store.fleet.replicas()).toHaveLength(1);
    await link.close();
  });
});
