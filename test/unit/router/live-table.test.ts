import { pino } from 'pino';
import { expect, test } from 'vitest';
import { noStopPoints } from '../../../common/stop-points.ts';
import { LiveTable } from '../../../router/replica/live-table.ts';
import type { ReplicaReport, StateLink } from '../../../router/replica/state-link.ts';
import { defaultPolicy } from '../../../router/table/failure-policy.ts';
import { emptyRouteTable } from '../../../router/table/route-table.ts';

const hour = 3_600_000;
const policy = defaultPolicy({
  ...{ timeouts: { firstByteMs: 1, idleMs: 1, totalMs: null }, retries: { max: 0 }, fallback: true },
});

/** A router's table over a state store that the test takes away, by a clock that the test sets. */
function routerAt(version: number) {
  const store = { version, away: false };
  const reports: ReplicaReport[] = [];
  let now = 0;
  const link: StateLink = {
    async beat(report) {
      if (store.away) throw new Error('connect ECONNREFUSED');
      reports.push(report);
      const table = { ...emptyRouteTable, version: store.version };
      return report.version === store.version ? { leaseMs: 2_000 } : { leaseMs: 2_000, table };
    },
    leave: async () => undefined,
    close: async () => undefined,
  };
  const table = new LiveTable({
    ...{
      link,
      replica: 'r1',
      host: 'h',
      services: () => [],
      snapshotFile: null,
      beatMs: 100,
      beatTimeoutMs: 50,
    },
    ...{ points: noStopPoints, logger: pino({ level: 'silent' }), policy },
    ...{ writesInFlight: () => 0, onChange: () => undefined, now: () => now },
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { table, store, reports, pass };
}

test('a router that loses its state store for an hour goes on by its last table, knows that it may not rely on it, and is current with the first beat after', async () => {
  const { table, store, reports, pass } = routerAt(5);
  await table.beat();
  expect([table.current.version, table.leaseValid, table.mayBeOutdated]).toEqual([5, true, false]);

  store.away = true;
  for (let passed = 0; passed < hour; passed += hour / 20) {
    pass(hour / 20);
    await table.beat();
    // Without a lease writes of features in transition wait; all others go where the table says.
    expect([table.current.version, table.leaseValid, table.mayBeOutdated]).toEqual([5, false, false]);
  }
  expect(table.ageMs).toBeGreaterThanOrEqual(hour);

  Object.assign(store, { away: false, version: 9 });
  await table.beat();
  expect([table.current.version, table.leaseValid, table.ageMs]).toEqual([9, true, 0]);
  await table.beat();
  expect(reports.map(({ version }) => version)).toEqual([emptyRouteTable.version, 5, 9]);
});

test('a router that was stopped for an hour sends no write before it has asked once, whatever is answered', async () => {
  for (const away of [false, true]) {
    const { table, store, pass } = routerAt(5);
    await table.beat();
    pass(hour);
    store.away = away;
    expect([table.leaseValid, table.mayBeOutdated]).toEqual([false, true]);
    await table.beat();
    expect([table.leaseValid, table.mayBeOutdated]).toEqual([!away, false]);
  }
});

test('a state store that was restored from a backup is followed back', async () => {
  const { table, store } = routerAt(9);
  await table.beat();
  store.version = 4;
  await table.beat();
  expect(table.current.version).toBe(4);
});
