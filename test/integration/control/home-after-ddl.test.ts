import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeEachEngine('changes behind the fence', (db) => {
  test('a side that was emptied is noticed before and after a cutover, blocks it, and is filled again; rows are repaired', async () => {
    await using world = await createParcelWorld(db, 300);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    const run = (what: string) => admin.run(`/v1/features/parcels/${what}`, { why });
    const rows = async (side: 'legacy' | 'service') =>
      (await world.query(side, 'SELECT COUNT(*) AS n FROM parcels'))[0]?.n;
    const resume = async (stage: string) => {
      await admin.post('/v1/features/parcels/resume', { why });
      await until(async () => {
        const now = await feature();
        return now.stage === stage && now.otherSide === 'current' && now.failing === null;
      });
      expect((await run('verify')).result).toMatchObject({ different: 0, unsettled: 0 });
    };
    await run('copy');
    await run('verify');
    await world.query('service', 'TRUNCATE parcels');
    await expect(run('cutover')).rejects.toMatchObject({ code: 'BANYAN_GATE_CLOSED' });
    await until(async () => (await feature()).failing?.code === 'BANYAN_TARGET_CHANGED');
    await resume('syncing');
    expect((await run('cutover')).result.owner).toBe('service');
    expect(await rows('service')).toBe(300);

    await world.query('legacy', 'TRUNCATE parcels');
    await until(async () => (await feature()).failing?.code === 'BANYAN_TARGET_CHANGED');
    await expect(run('rollback')).rejects.toMatchObject({ code: 'BANYAN_GATE_CLOSED' });
    const repair = async (body: object) =>
      (await admin.run('/v1/features/parcels/repair', { why, ...body })).result;
    expect(await repair({ dryRun: true })).toMatchObject({ different: 300, verified: null });
    expect(await rows('legacy')).toBe(0);
    expect(await repair({})).toMatchObject({ different: 300, verified: { different: 0, unsettled: 0 } });
    expect((await run('rollback')).result.owner).toBe('legacy');
    expect(await rows('legacy')).toBe(300);

    // Rows that were changed, removed and added by somebody with the fence's key.
    const key = (name: string) =>
      `(SELECT ${name} FROM \`${world.config.state.database}\`.fence_keys LIMIT 1)`;
    await world.query(
      'service',
      `SET @banyan_token = ${key('token')}, @banyan_pass = ${key('pass')}; UPDATE parcels SET weight = 99 WHERE id = 3; DELETE FROM parcels WHERE id = 4;
       INSERT INTO parcels (id, code, weight) VALUES (9000, 'extra', 1); SET @banyan_token = NULL, @banyan_pass = NULL`,
    );
    await expect(repair({ keys: [['3']] })).rejects.toMatchObject({ code: 'BANYAN_REQUEST_INVALID' });
    await expect(repair({ table: 'parcels', keys: [['3', '4']] })).rejects.toMatchObject({
      code: 'BANYAN_KEY_UNREADABLE',
    });
    expect(await repair({ table: 'parcels', keys: [['3'], ['9000'], ['77777']] })).toMatchObject({
      different: 2,
      verified: { different: 1 },
    });
    expect(await repair({ table: 'parcels' })).toMatchObject({ different: 1, verified: { different: 0 } });
    await control.stop();
  });

  test('after the same ALTER TABLE on both sides there is a way home, and one to go again', async () => {
    await using world = await createParcelWorld(db, 50);
    let chunksCopied = 0;
    const reach = (point: string) => {
      if (point === 'copy:after-read') chunksCopied += 1;
    };
    const control = await startControl(world.config, { points: { reach } });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    const run = (what: string) => admin.run(`/v1/features/parcels/${what}`, { why });
    await run('copy');
    // Tables that were rebuilt have their rows: those are compared, and what was missed is carried over.
    const goesOn = async (code: string) => {
      await until(async () => (await feature()).failing?.code === code);
      await world.query('legacy', 'UPDATE parcels SET weight = weight + 1 WHERE id = 5');
      await admin.post('/v1/features/parcels/resume', { why });
      await until(
        async () => (await feature()).otherSide === 'current' && (await feature()).failing === null,
      );
    };
    expect(chunksCopied).toBeGreaterThan(0);
    chunksCopied = 0;
    await world.query('service', 'ALTER TABLE parcels FORCE');
    await goesOn('BANYAN_TARGET_CHANGED');
    await world.query('legacy', 'OPTIMIZE TABLE parcels');
    await goesOn('BANYAN_SCHEMA_CHANGED');
    expect((await run('verify')).result).toMatchObject({ different: 0, unsettled: 0 });
    await run('cutover');

    await world.query('service', 'ALTER TABLE parcels ADD COLUMN colour VARCHAR(10) NULL');
    await until(async () => (await feature()).failing !== null);
    // One side alone: it says which one lacks what.
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await feature()).failing?.code === 'BANYAN_TABLES_DIFFER');
    expect((await feature()).failing.message).toMatch(/parcels has no column colour/);
    await world.query('legacy', 'ALTER TABLE parcels ADD COLUMN colour VARCHAR(10) NULL');
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await feature()).otherSide === 'current' && (await feature()).failing === null);
    await world.query('service', "UPDATE parcels SET colour = 'green' WHERE id = 1");
    await until(async () => (await feature()).move.backlog?.entries === 0);
    expect((await run('verify')).result).toMatchObject({ different: 0, unsettled: 0 });
    expect((await run('rollback')).result.owner).toBe('legacy');
    expect(chunksCopied).toBe(0);
    expect((await world.query('legacy', 'SELECT colour FROM parcels WHERE id = 1'))[0]).toEqual({
      colour: 'green',
    });
    expect((await run('cutover')).result.owner).toBe('service');
    await control.stop();
  });

  test('tables that were altered in a pause go on with one resume, and a side that was not is named', async () => {
    await using world = await createParcelWorld(db, 50);
    let control = await startControl(world.config);
    let admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    const run = (what: string) => admin.run(`/v1/features/parcels/${what}`, { why });
    const steer = async (what: 'pause' | 'resume') =>
      expect((await admin.post(`/v1/features/parcels/${what}`, { why })).status).toBe(200);
    const goesOn = async () => {
      await until(async () => {
        const { failing, otherSide, move } = await feature();
        expect(failing).toBeNull();
        return otherSide === 'current' && move.applying !== null;
      });
      expect((await run('verify')).result).toMatchObject({ different: 0, unsettled: 0 });
    };
    const alter = (side: 'legacy' | 'service', column: string) =>
      world.query(side, `ALTER TABLE parcels ADD COLUMN ${column} INT NULL`);
    await run('copy');
    await run('verify');

    await steer('pause');
    await steer('resume');
    expect((await feature()).verified).toMatchObject({ different: 0 });
    await goesOn();

    await steer('pause');
    await Promise.all([alter('legacy', 'depth'), alter('service', 'depth')]);
    await world.query('legacy', 'UPDATE parcels SET depth = id WHERE id < 10');
    await steer('resume');
    await goesOn();

    await run('cutover');
    await steer('pause');
    await alter('service', 'height');
    await steer('resume');
    await until(async () => (await feature()).failing !== null);
    expect((await feature()).failing).toMatchObject({
      code: 'BANYAN_TABLES_DIFFER',
      message: expect.stringMatching(/parcels has no column height/),
    });
    await alter('legacy', 'height');
    await steer('resume');
    await goesOn();

    // Nobody said that the tables would be altered: a control process that starts names them, not the triggers.
    await control.stop();
    await Promise.all([alter('legacy', 'width'), alter('service', 'width')]);
    control = await startControl(world.config);
    admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await until(async () => (await feature()).failing !== null);
    expect((await feature()).failing.code).toBe('BANYAN_SCHEMA_CHANGED');
    await steer('resume');
    await goesOn();
    await control.stop();
  });
});
