import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mysql', 'a feature whose rollback is off', (db) => {
  test('takes a mapping without an inverse, says so before the copy, and legacy stays closed afterwards', async () => {
    await using world = await createParcelWorld(db, 20);
    const tables = [
      { table: 'parcels', set: { note: "CONCAT('about ', note)" } },
      { table: 'parcel_events' },
    ];
    const parcels = { ...world.config.features.parcels!, tables, rollback: false };
    const config = { ...world.config, features: { parcels } };
    const open = async (rollback: boolean) => {
      const control = await startControl({ ...config, features: { parcels: { ...parcels, rollback } } });
      return { control, admin: await AdminClient.open(control.url, config.control.tokenFile) };
    };
    const twoWay = await open(true);
    await expect(twoWay.admin.run('/v1/features/parcels/copy', { why })).rejects.toMatchObject({
      faults: [{ code: 'BANYAN_MAPPING_ONE_WAY' }],
    });
    await twoWay.control.stop();

    const { control, admin } = await open(false);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    expect(await feature()).toMatchObject({ stage: 'legacy', rollback: false });
    await admin.run('/v1/features/parcels/copy', { why });
    expect((await admin.run('/v1/features/parcels/verify', { why })).result).toMatchObject({ different: 0 });
    const { gate } = (await admin.run('/v1/features/parcels/cutover', { dryRun: true })).result;
    expect(gate).toContainEqual({
      check: 'way back',
      ok: true,
      detail: expect.stringMatching(/rollback is off/),
    });
    await expect(
      admin.run('/v1/features/parcels/cutover', { why, guard: { action: 'rollback' } }),
    ).rejects.toMatchObject({ code: 'BANYAN_REQUEST_INVALID' });
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    expect(await feature()).toMatchObject({ stage: 'extracted', otherSide: 'left behind' });

    await world.query('service', "UPDATE parcels SET note = 'the service writes' WHERE id = 2");
    await expect(world.query('legacy', "UPDATE parcels SET note = 'late' WHERE id = 2")).rejects.toThrow(
      /fence/,
    );
    expect(await world.query('service', 'SELECT note FROM parcels WHERE id = 5')).toEqual([
      { note: 'about 소포 4 📦' },
    ]);
    expect(await world.query('legacy', 'SELECT note FROM parcels WHERE id = 2')).toEqual([
      { note: '소포 1 📦' },
    ]);
    // Nothing notes what the service writes: its tables carry no more than a fence that is open.
    const noted = await world.query('service', "SHOW TRIGGERS WHERE `Trigger` LIKE 'banyan_capture%'");
    expect(noted).toEqual([]);
    await expect(admin.run('/v1/features/parcels/rollback', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
      faults: expect.arrayContaining([
        { code: 'BANYAN_GATE_CLOSED', what: expect.stringMatching(/way back/), fix: expect.anything() },
      ]),
    });
    await expect(admin.run('/v1/features/parcels/verify', { why })).rejects.toMatchObject({
      code: 'BANYAN_ROLLBACK_OFF',
    });
    const canary = await admin.post('/v1/features/parcels/canary', { why, percent: 50 });
    expect(canary.body.error.code).toBe('BANYAN_CANARY_REFUSED');
    await control.stop();

    // A control that starts anew finds all as it is to be, and opens legacy for nobody.
    const again = await open(false);
    await expect(world.query('legacy', "UPDATE parcels SET note = 'late' WHERE id = 2")).rejects.toThrow(
      /fence/,
    );
    expect((await again.admin.get('/v1/status')).features[0]).toMatchObject({ failing: null, finding: null });
    await again.control.stop();
  });
});
