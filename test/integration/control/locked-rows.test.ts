import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeEachEngine('a row that somebody has locked on the new owner’s side', (db) => {
  test('is told of, and no handover holds clients for it', async () => {
    await using world = await createParcelWorld(db, 30);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const reader = await createConnection({ ...world.config.features.parcels!.database! });
    try {
      await admin.run('/v1/features/parcels/copy', { why });
      await reader.query('START TRANSACTION');
      const [[row]] = await reader.query<never[]>('SELECT code FROM parcels LIMIT 1');
      const { code } = row as unknown as { code: string };
      await reader.query('SELECT * FROM parcels WHERE code = ? FOR UPDATE', [code]);
      await world.query('legacy', 'DELETE FROM parcels WHERE code = ?', [code]);
      const locked = async () => (await admin.get('/v1/status')).features[0]?.move?.lockedKeys;
      await until(async () => (await locked()) === 1);
      await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
        message: expect.stringContaining('1 row of them locked by somebody else on service’s server'),
      });
      await reader.query('ROLLBACK');
      await until(async () => (await locked()) === 0);
      const { result } = await admin.run('/v1/features/parcels/cutover', { why });
      expect(result).toMatchObject({ owner: 'service' });
      expect(await world.query('service', 'SELECT 1 FROM parcels WHERE code = ?', [code])).toHaveLength(0);
    } finally {
      reader.destroy();
      await control.stop();
    }
  });
});
