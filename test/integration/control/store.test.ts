import type { RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { connectTo } from '../../../common/connect-database.ts';
import { describeError } from '../../../common/errors.ts';
import { advance } from '../../../control/feature/index.ts';
import { StateStore } from '../../../control/store/index.ts';
import { statePrivileges } from '../../../control/store/state-privileges.ts';
import { checkPrivileges, type NeededPrivilege } from '../../../mover/index.ts';
import { administer, createAccount } from '../../support/accounts.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';

const actor = { who: 'ops', why: 'because' };

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

    const other = (await store.leases.acquire('move:parcels', 'one', 1_500))!;
    expect(await store.leases.renew([zombie!, other], 1_500)).toEqual([zombie]);
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
    const lease = async () => (await store.leases.list())[0]!;
    const held = await store.holdLease({ name: 'control', holder: 'one', ttlMs: 2_000 });
    const atFirst = (await lease()).lease_until.getTime();
    // Nobody gets it, before or after it would have run out.
    await until(async () => {
      expect(await store.leases.acquire('control', 'two', 2_000)).toBeNull();
      return (await lease()).lease_until.getTime() > atFirst + 2_000;
    });
    expect(held.lost.aborted).toBe(false);

    // As if this process had been stopped for longer than its lease.
    await store.leases.release(held.grant);
    expect(await store.leases.acquire('control', 'two', 60_000)).not.toBeNull();
    await until(() => held.lost.aborted);
    expect(held.lost.reason).toMatchObject({ code: 'BANYAN_LEASE_LOST' });
    await held.release();
    expect((await store.leases.list())[0]).toMatchObject({ holder: 'two' });
  });

  test('leases stay held while all other work of the process waits in line', async () => {
    await using state = await createStateDatabase(db);
    await using store = await openStore(state, [parcelFeature(null)]);
    const names = ['control', ...Array.from({ length: 20 }, (_, at) => `move:${at}`)];
    const held = await Promise.all(
      names.map((name) => store.holdLease({ name, holder: 'one', ttlMs: 1_000 })),
    );
    const turnstile = await connectTo(state, 5_000);
    const firstEnd = async () => {
      const [[row]] = await turnstile.query<RowDataPacket[]>(
        'SELECT MIN(lease_until) AS at FROM state_leases',
      );
      return (row!.at as Date).getTime();
    };
    // Somebody has the turnstile and keeps it: more changes than there are connections wait for it.
    await turnstile.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await turnstile.beginTransaction();
    await turnstile.query('SELECT version FROM state_route_table FOR UPDATE');
    const changes = Array.from({ length: 8 }, () =>
      store.change({ ...actor, feature: 'parcels', action: 'waits', change: (at) => at.state }),
    );
    const before = await firstEnd();
    await until(async () => (await firstEnd()) > before + 3_000);
    await turnstile.rollback();
    await turnstile.end();
    await Promise.all(changes);
    expect(held.filter(({ lost }) => lost.aborted)).toEqual([]);
    await Promise.all(held.map((lease) => lease.release()));
  });
});
