import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { parcelFeature, until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

async function triggersOf(world: ParcelWorld, side: 'legacy' | 'service'): Promise<string[]> {
  const rows = await world.query(
    side,
    "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = 'parcels' ORDER BY TRIGGER_NAME",
  );
  return rows.map((row) => row.name as string);
}

describeEachEngine('a move that cannot go on', (db) => {
  test('says so, blocks the cutover, and goes on when it was put right', async () => {
    await using world = await createParcelWorld(db, 50);
    let died = false;
    const control = await startControl(world.config, {
      points: {
        reach: (point) => {
          if (point !== 'finish:after-stage' || died) return;
          died = true;
          throw new Error('died');
        },
      },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    await admin.run('/v1/features/parcels/copy', { why });

    // The fence of the service's tables is dropped by somebody.
    for (const name of await triggersOf(world, 'service'))
      await world.query('service', `DROP TRIGGER \`${name}\``);
    await until(async () => (await feature()).failing !== null);
    expect((await feature()).failing).toMatchObject({ code: 'BANYAN_FENCE_BYPASSED' });
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
    });
    expect((await admin.post('/v1/features/parcels/canary', { why, percent: 5 })).status).toBe(409);
    await admin.post('/v1/features/parcels/resume', { why });
    expect(await triggersOf(world, 'service')).toHaveLength(3);
    await until(async () => (await feature()).move.applying === 'forward');
    expect((await feature()).failing).toBeNull();

    // A capture trigger is dropped: changes may be missing from now on.
    const [first] = await triggersOf(world, 'legacy');
    await world.query('legacy', `DROP TRIGGER \`${first}\``);
    await until(async () => (await feature()).failing !== null);
    expect((await feature()).failing.code).toMatch(/^BANYAN_CAPTURE/);
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
    });

    // The way out: capture again and copy once more. Until that is done reads are with legacy.
    await world.query(
      'legacy',
      'DELETE FROM parcels WHERE id = 7; UPDATE parcels SET weight = 9 WHERE id = 8',
    );
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await feature()).otherSide === 'current');
    const verify = async () => (await admin.run('/v1/features/parcels/verify', { why })).result;
    expect(await verify()).toMatchObject({ different: 0, unsettled: 0 });
    const audit = await admin.get('/v1/audit?feature=parcels');
    expect(audit.map((entry: { action: string }) => entry.action)).toContain('copy again');

    // Given up, the service's rows are left and what banyan keeps of the feature: another copy asks for empty tables.
    const { left, stage } = (await admin.run('/v1/features/parcels/abandon', { why })).result;
    expect(stage).toBe('legacy');
    expect(left.map(({ sql }: { sql: string }) => sql).join()).toMatch(/DELETE FROM `service_\w+`.`parcels`/);
    expect(await triggersOf(world, 'legacy')).toEqual([]);
    expect(await triggersOf(world, 'service')).toEqual([]);
    await expect(admin.run('/v1/features/parcels/copy', { why })).rejects.toMatchObject({
      code: 'BANYAN_PREFLIGHT_FAILED',
    });
    await admin.run('/v1/features/parcels/abandon', { why, clean: true });
    await expect(admin.run('/v1/features/parcels/abandon', { why, clean: true })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    await admin.run('/v1/features/parcels/copy', { why });
    expect(await verify()).toMatchObject({ different: 0, unsettled: 0 });

    // Or it goes well, and is finished, by the same command again after it died on the way.
    await expect(admin.run('/v1/features/parcels/finish', { why })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    await admin.run('/v1/features/parcels/cutover', { why });
    const finish = (body: object) => admin.run('/v1/features/parcels/finish', body);
    const { faults, statements } = (await finish({ dryRun: true })).result;
    expect(statements[0]).toMatchObject({ at: 'legacy', sql: expect.stringMatching(/^RENAME TABLE/) });
    await expect(finish({ why })).rejects.toMatchObject({ code: 'BANYAN_ENDING_REFUSED' });
    expect((await feature()).stage).toBe('extracted');
    for (const { fix } of faults) await world.query('legacy', fix);
    await expect(finish({ why })).rejects.toThrow('died');
    expect((await feature()).stage).toBe('finished');
    expect((await finish({ why })).result).toMatchObject({ stage: 'finished', left: [] });
    expect(await world.query('legacy', "SHOW TABLES LIKE 'banyan_finished_parcel%'")).toHaveLength(2);
    expect(await triggersOf(world, 'service')).toEqual([]);
    const { database } = world.config.state;
    expect(await world.query('service', 'SHOW DATABASES LIKE ?', [database])).toEqual([]);
    expect(await world.query('legacy', `SHOW TABLES FROM \`${database}\` LIKE 'mover%'`)).toEqual([]);
    await control.stop();
  });

  test('after a cutover, a lost capture is begun again and legacy’s tables are copied once more', async () => {
    await using world = await createParcelWorld(db, 50);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    for (const name of await triggersOf(world, 'service'))
      await world.query('service', `DROP TRIGGER \`${name}\``);
    await until(async () => (await feature()).failing !== null);
    await world.query(
      'service',
      'DELETE FROM parcels WHERE id = 7; UPDATE parcels SET weight = 9 WHERE id = 8',
    );
    await world.query('service', "INSERT INTO parcels (code, weight) VALUES ('unseen', 4)");
    await expect(admin.run('/v1/features/parcels/rollback', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
    });
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await feature()).otherSide === 'current');
    const { result } = await admin.run('/v1/features/parcels/rollback', { why });
    expect(result.owner).toBe('legacy');
    const rows = await world.query(
      'legacy',
      "SELECT code FROM parcels WHERE id IN (7, 8) OR code = 'unseen'",
    );
    expect(rows.map((row) => row.code)).toEqual(['seed-7', 'unseen']);
    await control.stop();
  });

  test('pauses and resumes, and a restarted control goes on by itself', async () => {
    await using world = await createParcelWorld(db, 50);
    let control = await startControl(world.config);
    let admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const applying = async () => (await admin.get('/v1/status')).features[0].move.applying;
    const noteOn = async (side: 'legacy' | 'service') =>
      (await world.query(side, 'SELECT note FROM parcels WHERE id = 1'))[0]?.note;
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.post('/v1/features/parcels/pause', { why });
    expect(await applying()).toBeNull();
    await world.query('legacy', "UPDATE parcels SET note = 'while paused' WHERE id = 1");
    await expect(admin.run('/v1/features/parcels/cutover', { why })).rejects.toMatchObject({
      code: 'BANYAN_GATE_CLOSED',
    });
    await control.stop();

    control = await startControl(world.config);
    admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    expect(await applying()).toBeNull();
    expect(await noteOn('service')).not.toBe('while paused');
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await noteOn('service')) === 'while paused');
    await control.stop();

    control = await startControl(world.config);
    await world.query('legacy', "UPDATE parcels SET note = 'after a restart' WHERE id = 1");
    await until(async () => (await noteOn('service')) === 'after a restart');
    await control.stop();
  });

  test('a copy that cannot be done is refused with every reason, and nothing has changed', async () => {
    await using world = await createParcelWorld(db, 5);
    await world.query('service', 'ALTER TABLE parcels DROP COLUMN note; DROP TABLE parcel_events');
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const error = await admin.run('/v1/features/parcels/copy', { why }).catch((reason) => reason);
    expect(error.code).toBe('BANYAN_PREFLIGHT_FAILED');
    expect(error.faults.length).toBeGreaterThanOrEqual(2);
    expect((await admin.get('/v1/status')).features[0].stage).toBe('legacy');
    expect(await triggersOf(world, 'legacy')).toEqual([]);
    await control.stop();
  });

  test('a feature without tables flips the same way', async () => {
    await using world = await createParcelWorld(db, 0);
    const { service } = world.config.features.parcels!;
    const config = {
      ...world.config,
      features: { parcels: { ...parcelFeature(null), service } },
    };
    const control = await startControl(config);
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    expect((await admin.run('/v1/features/parcels/copy', { why })).result.stage).toBe('syncing');
    expect((await admin.post('/v1/features/parcels/canary', { why, percent: 25 })).status).toBe(200);
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    expect((await admin.run('/v1/features/parcels/rollback', { why })).result.owner).toBe('legacy');
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    expect((await admin.run('/v1/features/parcels/finish', { why })).result.stage).toBe('finished');
    await control.stop();
  });
});
