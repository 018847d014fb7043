import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';

const why = 'the test says so';
const grouped = 'SELECT parcel_code, kind, COUNT(*) AS n FROM parcel_events GROUP BY 1, 2 ORDER BY 1, 2';

/** Writes rows that become equal and differ again, until the side's fence refuses one. Returns how many were taken. */
async function writeUntilRefused(world: ParcelWorld, side: Side, mark: string): Promise<number> {
  for (let count = 0; ; count += 1) {
    const code = `${mark}-${count % 5}`;
    try {
      await world.query(side, 'INSERT INTO parcel_events (parcel_code, kind) VALUES (?, ?)', [code, 'made']);
      await world.query(side, 'UPDATE parcel_events SET kind = ? WHERE parcel_code = ? LIMIT 1', [
        'sent',
        code,
      ]);
      if (count % 7 === 0)
        await world.query(side, 'DELETE FROM parcel_events WHERE parcel_code = ? LIMIT 1', [code]);
    } catch (error) {
      expect((error as { errno?: number }).errno).toBe(1644);
      return count;
    }
  }
}

describeEachEngine('a feature with a table without a key', (db) => {
  test('goes to its service and back under writes, with rows that are equal on either side as often', async () => {
    await using world = await createParcelWorld(db, 30);
    for (const side of ['legacy', 'service'] as const) {
      await world.query(side, 'ALTER TABLE parcel_events DROP COLUMN id');
    }
    const tables = [
      { table: 'parcels' },
      { table: 'parcel_events', key: 'all columns', by: ['parcel_code'] },
    ] as const;
    const parcels = { ...world.config.features.parcels!, tables };
    const control = await startControl({ ...world.config, features: { parcels } });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const equal = async () =>
      expect(await world.query('legacy', grouped)).toEqual(await world.query('service', grouped));

    await admin.run('/v1/features/parcels/copy', { why });
    for (const [direction, owner, other] of [
      ['cutover', 'service', 'legacy'],
      ['rollback', 'legacy', 'service'],
    ] as const) {
      const writing = writeUntilRefused(world, other, direction);
      const { result } = await admin.run(`/v1/features/parcels/${direction}`, { why });
      expect(result).toMatchObject({ direction, owner });
      expect(await writing).toBeGreaterThan(0);
      await equal();
      await world.query(owner, "INSERT INTO parcel_events SELECT * FROM parcel_events WHERE kind = 'made'");
      await world.query(owner, "UPDATE parcel_events SET kind = 'made' WHERE kind = 'sent' LIMIT 9");
      const verified = await admin.run('/v1/features/parcels/verify', { why });
      expect(verified.result).toMatchObject({ different: 0, unsettled: 0 });
      await until(async () => (await admin.get('/v1/status')).features[0].move?.backlog?.entries === 0);
      await equal();
    }
    await control.stop();
  });
});
