import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine, laneOf } from '../../support/databases.ts';
import { RestorableServer } from '../../support/restorable-server.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

// Both engines are asked in test/integration/mover/restored.test.ts.
describeOnEngine('mariadb', 'a server that was restored from a backup', ({ engine, servers }) => {
  test('legacy and the state from before a cutover: it stops, and a person says whose rows are right', async () => {
    await using server = await RestorableServer.start(engine);
    await using world = await createParcelWorld(laneOf(engine, { a: server.place, b: servers.b }), 50);
    let dies = false;
    const start = async () => {
      const control = await startControl(world.config, {
        points: {
          reach: (point) => {
            if (point === 'restored:decided' && dies) throw new Error('died');
          },
        },
      });
      const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
      const feature = async () => (await admin.get('/v1/status')).features[0];
      return { control, admin, feature };
    };
    let { control, admin, feature } = await start();
    await admin.run('/v1/features/parcels/copy', { why });
    await control.stop();
    await server.backUp();

    ({ control, admin, feature } = await start());
    await admin.run('/v1/features/parcels/verify', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    await world.query(
      'service',
      "UPDATE parcels SET note = 'new' WHERE code = 'seed-1'; DELETE FROM parcels WHERE code = 'seed-2'; INSERT INTO parcels (code, weight) VALUES ('new', 1)",
    );
    await until(
      async () => (await world.query('legacy', "SELECT 1 FROM parcels WHERE code = 'new'")).length > 0,
    );
    await control.stop();
    await server.restore();

    // By what banyan knows now legacy owns the rows.
    ({ control, admin, feature } = await start());
    await until(async () => (await feature()).failing !== null);
    expect(await feature()).toMatchObject({
      stage: 'syncing',
      failing: { code: 'BANYAN_SOURCE_RESTORED', fix: expect.stringContaining('--from service') },
    });
    await world.query('legacy', "UPDATE parcels SET note = 'since' WHERE code = 'seed-3'");
    const refused = { code: 'BANYAN_SOURCE_RESTORED' };
    await expect(admin.run('/v1/features/parcels/repair', { why })).rejects.toMatchObject(refused);
    await expect(admin.run('/v1/features/parcels/verify', { why })).rejects.toMatchObject(refused);
    expect((await admin.post('/v1/features/parcels/resume', { why })).status).toBe(409);
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
    });
    const counts = { missing: 1, extra: 1, changed: 1, kept: 1 };
    const asked = { why, from: 'service' };
    expect(await admin.run('/v1/features/parcels/repair', { ...asked, dryRun: true })).toMatchObject({
      result: { takenBack: { tables: [{ table: 'parcels', ...counts }, { missing: 0 }] } },
    });
    dies = true;
    await expect(admin.run('/v1/features/parcels/repair', asked)).rejects.toBeDefined();
    dies = false;
    expect(await admin.run('/v1/features/parcels/repair', asked)).toMatchObject({
      result: { verified: { different: 0, unsettled: 0 } },
    });
    const notes = await world.query(
      'service',
      "SELECT code, note FROM parcels WHERE code IN ('new', 'seed-1', 'seed-2', 'seed-3') ORDER BY code",
    );
    expect(notes).toEqual([
      { code: 'new', note: null },
      { code: 'seed-1', note: 'new' },
      { code: 'seed-3', note: 'since' },
    ]);
    expect((await feature()).failing).toBeNull();

    // The service, which does not own the rows, knows less than legacy does: it is made equal by itself.
    const book = `\`${world.config.state.database}\``;
    await world.query(
      'service',
      `SET @banyan_token = (SELECT token FROM ${book}.fence_keys LIMIT 1);
       DELETE FROM parcels WHERE code = 'seed-9'; SET @banyan_token = NULL;
       UPDATE ${book}.mover_counts SET own = 0`,
    );
    await until(
      async () => (await world.query('service', "SELECT 1 FROM parcels WHERE code = 'seed-9'")).length > 0,
    );
    await until(async () => (await feature()).move.applying === 'forward');
    await admin.run('/v1/features/parcels/cutover', { why });
    await admin.run('/v1/features/parcels/rollback', { why });
    await control.stop();
  });
});
