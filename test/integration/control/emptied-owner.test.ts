import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeEachEngine('a table of the owner that was emptied', (db) => {
  test('keeps its rows on the other side until a person has decided, and gets them back', async () => {
    await using world = await createParcelWorld(db, 300);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    const run = async (what: string, body: object = {}) =>
      (await admin.run(`/v1/features/parcels/${what}`, { why, ...body })).result;
    const rows = async (side: 'legacy' | 'service') =>
      Number((await world.query(side, 'SELECT COUNT(*) AS n FROM parcels'))[0]?.n);
    const failed = (code: string) => until(async () => (await feature()).failing?.code === code);
    await run('copy');
    await expect(run('repair', { from: 'service' })).rejects.toMatchObject({
      code: 'BANYAN_REQUEST_INVALID',
    });
    await run('verify');
    await run('cutover');

    await world.query('service', 'TRUNCATE parcels');
    await failed('BANYAN_SCHEMA_CHANGED');
    // A client reuses a number, and one is new.
    await world.query(
      'service',
      "INSERT INTO parcels (id, code, weight) VALUES (7, 'written since', 1), (9000, 'new', 2)",
    );
    const refused = await admin.post('/v1/features/parcels/resume', { why });
    expect(refused.body.error).toMatchObject({
      code: 'BANYAN_OWNER_EMPTIED',
      message: expect.stringMatching(
        /^service owns the rows of parcels, .*parcels has 2 rows, legacy about \d+/,
      ),
      fix: expect.stringContaining('`banyan repair parcels --from legacy`'),
    });
    expect(await rows('legacy')).toBe(300);

    const lists = await run('repair', { from: 'legacy', dryRun: true });
    const missing = { missing: 299, changed: 0, extra: 0, kept: 2 };
    expect(lists).toMatchObject({
      verified: null,
      takenBack: { tables: [{ table: 'parcels', ...missing }] },
    });
    expect([await rows('legacy'), await rows('service')]).toEqual([300, 2]);
    const back = await run('repair', { from: 'legacy' });
    expect(back).toMatchObject({
      takenBack: { tables: [missing] },
      verified: { different: 0, unsettled: 0 },
    });
    expect([await rows('legacy'), await rows('service')]).toEqual([301, 301]);
    expect(await world.query('legacy', 'SELECT code FROM parcels WHERE id IN (7, 9000) ORDER BY id')).toEqual(
      [{ code: 'written since' }, { code: 'new' }],
    );
    expect((await run('rollback')).owner).toBe('legacy');

    // Meant: it is taken away on the other side too, once somebody says so.
    await world.query('legacy', 'TRUNCATE parcels');
    await failed('BANYAN_SCHEMA_CHANGED');
    expect((await admin.post('/v1/features/parcels/resume', { why })).body.error.code).toBe(
      'BANYAN_OWNER_EMPTIED',
    );
    expect(await rows('service')).toBe(301);
    expect(await run('repair', { from: 'legacy' })).toMatchObject({
      takenBack: null,
      verified: { different: 0, unsettled: 0 },
    });
    expect(await rows('service')).toBe(0);

    // Of a table that was only rebuilt nothing is gone, and nobody is asked.
    await world.query('legacy', "INSERT INTO parcels (code, weight) VALUES ('after', 1)");
    await until(async () => (await rows('service')) === 1);
    await world.query('legacy', 'ALTER TABLE parcels FORCE');
    await failed('BANYAN_SCHEMA_CHANGED');
    expect((await admin.post('/v1/features/parcels/resume', { why })).status).toBe(200);
    await until(async () => (await feature()).otherSide === 'current' && (await feature()).failing === null);
    await control.stop();
  });
});
