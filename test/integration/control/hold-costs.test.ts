import { startRouter } from 'banyan/router';
import { createConnection } from 'mysql2/promise';
import { expect, test, vi } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { Halt } from '../../support/halt.ts';
import { EchoService, silent } from '../../support/router/router-stage.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeOnEngine('mysql', 'what a handover costs clients', (db) => {
  test('is counted by every router, added up while late reports come in, and kept in the audit log', async () => {
    await using world = await createParcelWorld(db, 20);
    const { config } = world;
    const halt = new Halt();
    const control = await startControl(config, { points: halt });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    // A router of an earlier version: it says nothing of holds.
    const silentOne = new TinyRouter(config.state, 'parcels', 'tiny');
    await silentOne.start();
    const routers = await Promise.all(
      [1_000, 2].map(async (maxRequests) => {
        const link = new MysqlStateLink({ state: config.state, leaseMs: 10_000 });
        const router = await startRouter({
          ...{ link, logger: silent, hold: { maxRequests }, drain: { idleMs: 50 } },
          ...{ listen: { host: '127.0.0.1', port: 0 }, services: { parcels: new EchoService() } },
          legacy: { addresses: [...config.legacy.addresses] },
        });
        return { router, link };
      }),
    );
    const write = (at: 0 | 1, signal: AbortSignal | null = null) =>
      fetch(`${routers[at]!.router.url}/parcels`, { method: 'POST', body: '{}', signal });
    const held = (at: 0 | 1, count: number) => until(() => routers[at]!.router.activity.held === count);
    const costs = () => admin.get('/v1/hold-costs?feature=parcels');
    await admin.run('/v1/features/parcels/copy', { why });

    const reached = halt.arm('cutover:before-decision');
    const cutover = admin.run('/v1/features/parcels/cutover', { why });
    await reached;
    const leaving = new AbortController();
    const through = [write(0), write(0), write(1), write(1)];
    const gone = write(0, leaving.signal).catch(() => 'gone');
    await held(0, 3);
    await held(1, 2);
    expect((await write(1)).status).toBe(503);
    leaving.abort();
    expect(await gone).toBe('gone');
    await held(0, 2);
    expect(await costs()).toEqual([]);
    halt.go();
    await cutover;
    expect((await Promise.all(through)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until(async () => (await costs())[0]?.reported === 2);
    const [cost] = await costs();
    expect(cost).toMatchObject({
      ...{ feature: 'parcels', held: 5, failed: { timedOut: 0, full: 1, stopped: 0, gone: 1 } },
    });
    expect(cost.longestMs).toBeGreaterThan(0);

    // Of all of them there is one entry, which changes nothing and names nobody but banyan.
    await using state = await createConnection({ ...config.state });
    const rested = () => state.query('UPDATE state_hold_costs SET at = at - INTERVAL 1 HOUR');
    const entries = async () =>
      (await admin.get('/v1/audit?feature=parcels&limit=100')).filter(
        ({ action }: { action: string }) => action === 'cutover: clients',
      );
    await rested();
    await vi.waitFor(async () => expect(await entries()).toHaveLength(1), 30_000);
    const [entry] = await entries();
    expect(entry).toMatchObject({ who: 'banyan', from: null, to: null });
    expect(entry.why).toMatch(
      /^5 requests held, the slowest \d.*s, 1 found no room to wait \(503\), 1 gave up; 2 of 3 routers reported$/,
    );
    expect(entry.details.clients).toMatchObject({ ...cost, routers: 3 });

    // A report that comes late, twice.
    const late = new MysqlStateLink({ state: config.state, leaseMs: 10_000 });
    const { handover } = cost;
    const failed = { timedOut: 2, full: 0, stopped: 1, gone: 0 };
    const report = {
      ...{ replica: 'late', host: 'h', pid: 1, version: 0, drained: {}, services: [] },
      holds: [{ handover, feature: 'parcels', held: 10, longestMs: 9_000_000, failed }],
    };
    for (const _ of [1, 2]) await late.beat(report, AbortSignal.timeout(10_000));
    const total = {
      ...{ held: 15, longestMs: 9_000_000, reported: 3 },
      failed: { timedOut: 2, full: 1, stopped: 1, gone: 1 },
    };
    expect(await costs()).toMatchObject([total]);
    await rested();
    await vi.waitFor(async () => expect(await entries()).toHaveLength(2), 30_000);
    expect((await entries())[0].details.clients).toMatchObject(total);

    // Nobody waits: that is known, too. A router that is stopped in the middle tells what it has.
    const again = halt.arm('rollback:before-decision');
    const rollback = admin.run('/v1/features/parcels/rollback', { why });
    await again;
    const [first] = routers.splice(0, 1);
    await first!.router.stop();
    await first!.link.close();
    halt.go();
    await rollback;
    await until(async () => (await costs())[0]?.reported === 2);
    expect((await costs())[0]).toMatchObject({ held: 0, longestMs: 0 });

    await late.leave('late');
    await late.close();
    for (const { router, link } of routers) {
      await router.stop();
      await link.close();
    }
    await silentOne.stop();
    await control.stop();
  });
});
