import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, openSides } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeEachEngine('a report that reads the tables all the time', (db) => {
  test('on either side neither holds a handover up nor keeps the next one from beginning', async () => {
    await using world = await createParcelWorld(db, 50);
    // Reports begin when everything is prepared: from then on nothing may wait for a lock on the tables themselves.
    const reports: (() => Promise<void>)[] = [];
    const begin = async () => {
      for (const side of ['legacy', 'service'] as const) {
        const sql = 'SELECT COUNT(*) FROM parcels, parcel_events';
        reports.push(await world.openTransaction(side, sql));
      }
    };
    const end = async () => {
      for (const report of reports.splice(0)) await report();
    };
    const control = await startControl(world.config, {
      points: { reach: (point) => (/:after-gate$/.test(point) ? begin() : undefined) },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    await admin.run('/v1/features/parcels/copy', { why });
    for (const direction of ['cutover', 'rollback'] as const) {
      // The reports have not ended when it is over.
      const { result } = await admin.run(`/v1/features/parcels/${direction}`, { why });
      expect(result.holdMs).toBeLessThan(world.config.control.cutover.deadlineMs / 4);
      expect(await openSides(world)).toEqual([result.owner]);
      const before = writer.acknowledged.size;
      await until(() => writer.acknowledged.size > before + 3);
      await end();
    }
    await writer.stop();
    expect(writer.errors).toEqual([]);
    expect(await writer.lostOn('legacy')).toEqual([]);
    await router.stop();
    await control.stop();
  });
});
