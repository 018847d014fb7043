import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { advance } from '../../../control/feature/index.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import { emptyRouteTally } from '../../../router/shadow/tally/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';

const actor = { who: 'ops', why: 'because' };
const signal = () => AbortSignal.timeout(5_000);

describeEachEngine('what replicas and the state store tell each other', (db) => {
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
    expect(await store.fleet.everyReplicaFollows(2, { sinceMs: 10_200 })).toBe(false);
    expect(await pending(10_260)).toEqual([]);
    expect(await store.fleet.everyReplicaFollows(2, { sinceMs: 10_260 })).toBe(true);

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

  test('a report from when the fleet was small counts for no longer than it stands', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const admin = await createConnection({ ...state });
    let nowMs = 0;
    const link = new MysqlStateLink({ state, leaseMs: 10_000, countEveryMs: 0, now: () => nowMs });
    const report = { replica: 'r0', host: 'here', pid: 1, version: 1, drained: {}, services: ['parcels'] };
    const others = Array.from({ length: 60 }, (_, n) => [`other${n}`, 'here', 1, 1, '{}', 10_000]);
    const row = '(replica, host, pid, version, drained, look_ms, beat_at, lease_until)';
    await admin.query(
      `INSERT INTO state_replicas ${row} VALUES ${others.map(() => '(?, NOW(3), NOW(3) + INTERVAL 1 HOUR)').join()}`,
      others,
    );
    // What it says before it has counted the others stands for one lease.
    expect(await link.beat(report, signal())).toMatchObject({ calmMs: 122, leaseMs: 10_000 });
    nowMs += 3_000;
    expect(await link.beat(report, signal())).toMatchObject({ leaseMs: 7_000 });
    nowMs += 1_000;
    // It says so again before that one is over, and lets this one stand for longer.
    expect((await link.beat(report, signal())).leaseMs).toBe(10_000);
    const [[own]] = await admin.query<RowDataPacket[]>(
      "SELECT lease_until > NOW(3) + INTERVAL 40 SECOND AS stands FROM state_replicas WHERE replica = 'r0'",
    );
    expect(own?.stands).toBe(1);
    expect(await store.fleet.liveReplicas()).toBe(61);
    admin.destroy();
    await link.close();
  });

  test('a report that arrives after a barrier gave its replica up reads the route table before it counts', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const link = new MysqlStateLink({ state, leaseMs: 600 });
    const report = { replica: 'r1', host: 'here', pid: 1, version: 0, drained: {}, services: ['parcels'] };
    const change = async (action: 'copy' | 'copied') =>
      (
        await store.change({
          ...actor,
          feature: 'parcels',
          action,
          change: (at) => advance(at.state, action),
        })
      ).version;
    const { table } = await link.beat(report, signal());
    await link.beat({ ...report, version: table!.version }, signal());
    const version = await change('copy');
    // What it says next waits at the store, as in a network that stands still.
    const standstill = await createConnection({ ...state, multipleStatements: true });
    await standstill.query("BEGIN; SELECT * FROM state_replicas WHERE replica = 'r1' FOR UPDATE");
    const late = link.beat({ ...report, version }, signal());
    const next = await change('copied');
    await until(() => store.fleet.everyReplicaFollows(next));
    await standstill.query('COMMIT');
    expect(await late).toMatchObject({ table: { version: next } });
    standstill.destroy();
    await link.close();
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
