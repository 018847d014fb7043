import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { awaitBarrier } from '../../../control/conductor/barrier.ts';
import { hold } from '../../../control/conductor/handover-changes.ts';
import { handovers } from '../../../control/feature/index.ts';
import { ChaosProxy } from '../../../scripts/soak/faults/chaos-proxy.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';
import { TinyRouter } from './tiny-router.ts';

const actor = { who: 'ops', why: 'because' };
const leaseMs = 600;

describeEachEngine('a barrier', (db) => {
  test('does not take a router for gone whose lease ran out while the store stood still', async () => {
    await using state = await createStateDatabase(db);
    await using proxy = await ChaosProxy.open(state.port);
    await using store = await openStore({ ...state, port: proxy.port }, [parcelFeature(null)]);
    await toSyncing(store, 'parcels');
    const router = new TinyRouter(state, 'parcels', 'r1', leaseMs);
    // A write that it has begun does not end.
    router.neverDrains = true;
    await router.start();
    const change = hold({ id: 'one', rules: handovers.cutover, ...actor });
    const { version } = await store.change({ ...actor, feature: 'parcels', action: 'hold', change });
    let isOver = false;
    const barrier = awaitBarrier(store, ['parcels'], version, AbortSignal.timeout(20_000)).then(() => {
      isOver = true;
    });
    await until(() => router.table.features[0]?.hold === true);

    // Control's question waits longer than a lease, and so does what the router says.
    const admin = await createConnection({ ...state, multipleStatements: true });
    await admin.query("BEGIN; SELECT * FROM state_replicas WHERE replica = 'r1' FOR UPDATE");
    proxy.setWeather('silent');
    await new Promise((resolve) => setTimeout(resolve, 3 * leaseMs));
    proxy.setWeather('well');
    const rows = async () => (await store.fleet.replicas()).filter(({ live }) => live).length;
    expect(await rows()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await admin.query('COMMIT');
    await until(async () => (await rows()) === 1);
    expect(isOver).toBe(false);
    router.neverDrains = false;
    await barrier;

    // One that is gone is waited for no longer than its lease, and the time that the store stood still.
    await router.fallSilent();
    await awaitBarrier(store, ['labels'], version + 1, AbortSignal.timeout(20_000));
    admin.destroy();
  });
});
