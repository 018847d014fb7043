import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { parcelFeature } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mysql', 'cohorts', (db) => {
  test('are named for routes, travel in the route table, and are forgotten when the rows change hands', async () => {
    await using world = await createParcelWorld(db, 0);
    const { service } = world.config.features.parcels!;
    const staff = { name: 'staff', by: 'header:x-group', values: ['staff'] };
    const pilots = { name: 'pilots', by: 'param:code', values: ['A', 'B'] };
    const control = await startControl({
      ...world.config,
      cohorts: [staff, pilots],
      features: { parcels: { ...parcelFeature(null), service } },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const name = (body: object) => admin.post('/v1/features/parcels/cohorts', { why, ...body });
    const named = async () => {
      const { routes, cohorts = [] } = await admin.get('/v1/routes');
      return [
        routes.map(({ readCohorts }: { readCohorts?: string[] }) => readCohorts ?? null),
        cohorts.map((cohort: { name: string }) => cohort.name),
      ];
    };

    expect((await name({ cohorts: ['staff'] })).body.error.code).toBe('BANYAN_STAGE_REFUSED');
    await admin.run('/v1/features/parcels/copy', { why });
    const wrong = await name({ cohorts: ['stuff'], routes: ['GET /nowhere'] });
    expect(wrong.body.error).toMatchObject({
      code: 'BANYAN_REQUEST_INVALID',
      faults: [{ at: 'routes' }, { at: 'cohorts', fix: 'Name one of: staff, pilots.' }],
    });

    const dry = await name({ cohorts: ['staff'], dryRun: true });
    expect(dry.body).toMatchObject({ cohorts: ['staff'], dryRun: true });
    expect(await named()).toEqual([[null, null, null], []]);

    const first = await name({ cohorts: ['staff'] });
    expect(first.status).toBe(200);
    expect(first.body.version).toBeGreaterThan(dry.body.version);
    expect((await name({ cohorts: ['staff', 'pilots'], routes: ['GET /parcels/:code'] })).status).toBe(200);
    // Only what is named travels, in the order of the config.
    expect(await named()).toEqual([
      [['staff', 'pilots'], ['staff'], null],
      ['staff', 'pilots'],
    ]);
    expect((await admin.get('/v1/status')).features[0].routes[1]).toMatchObject({
      readPercent: 0,
      readCohorts: ['staff'],
    });
    // Shares leave cohorts as they are.
    await admin.post('/v1/features/parcels/canary', { why, percent: 5 });
    await name({ cohorts: [], routes: ['GET /parcels'] });
    expect(await named()).toEqual([
      [['staff', 'pilots'], null, null],
      ['staff', 'pilots'],
    ]);

    const entries = await admin.get('/v1/audit?feature=parcels&limit=10');
    expect(entries.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['canary cohorts staff', 'canary without cohorts']),
    );
    await admin.run('/v1/features/parcels/cutover', { why });
    expect(await named()).toEqual([[null, null, null], []]);
    await control.stop();
  });
});
