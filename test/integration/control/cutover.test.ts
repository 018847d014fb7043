import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeEachEngine('cutover and rollback', (db) => {
  test('a feature goes to its service, back, and there again, under writes, and not one is lost', async () => {
    await using world = await createParcelWorld(db);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const routers = [1, 2].map((at) => new TinyRouter(world.config.state, 'parcels', `tiny-${at}`));
    await Promise.all(routers.map((router) => router.start()));
    const writers = routers.map((router) => new ParcelWriter(world, router, 2));

    const copied = await admin.run('/v1/features/parcels/copy', { why });
    expect(copied.result).toEqual({ feature: 'parcels', stage: 'syncing' });
    await expect(
      world.query('service', "INSERT INTO parcels (code, weight) VALUES ('x', 1)"),
    ).rejects.toThrow();
    const verified = await admin.run('/v1/features/parcels/verify');
    expect(verified.result).toMatchObject({ different: 0, unsettled: 0 });

    for (const direction of ['cutover', 'rollback', 'cutover'] as const) {
      const { result } = await admin.run(`/v1/features/parcels/${direction}`, { why });
      const owner = direction === 'cutover' ? 'service' : 'legacy';
      const other = direction === 'cutover' ? 'legacy' : 'service';
      expect(result).toMatchObject({ direction, owner });
      expect(result.holdMs).toBeLessThan(world.config.control.cutover.deadlineMs);
      await until(async () => routers.every((router) => router.table.version >= result.version));
      await expect(
        world.query(other, "INSERT INTO parcels (code, weight) VALUES ('x', 1)"),
      ).rejects.toThrow();
      const before = writers.map((writer) => writer.acknowledged.size);
      await until(() => writers.every((writer, at) => writer.acknowledged.size > before[at]! + 5));
    }
    await Promise.all(writers.map((writer) => writer.stop()));
    for (const writer of writers) {
      expect(writer.errors).toEqual([]);
      expect(await writer.lostOn('service')).toEqual([]);
      await until(async () => (await writer.lostOn('legacy')).length === 0);
      expect(new Set([...writer.acknowledged.values()].map((entry) => entry.side)).size).toBe(2);
    }
    expect(await rowsOf(world, 'legacy')).toEqual(await rowsOf(world, 'service'));
    const audit = await admin.get('/v1/audit?feature=parcels&limit=100');
    expect(audit.map((entry: { action: string }) => entry.action).reverse()).toEqual([
      'copy',
      'copied',
      'verify',
      'cutover: hold',
      'cutover: decide',
      'cutover: release',
      'verify',
      'rollback: hold',
      'rollback: decide',
      'rollback: release',
      'verify',
      'cutover: hold',
      'cutover: decide',
      'cutover: release',
    ]);
    await Promise.all(routers.map((router) => router.stop()));
    await control.stop();
  });
});

async function rowsOf(world: ParcelWorld, side: 'legacy' | 'service') {
  return [
    await world.query(side, 'SELECT * FROM parcels ORDER BY id'),
    await world.query(side, 'SELECT * FROM parcel_events ORDER BY id'),
  ];
}
