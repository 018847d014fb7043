import { expect, test } from 'vitest';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { killOnTheWay, settled, startChildControl } from './child-control.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, openSides, withControl } from './parcel-world.ts';
import { endsWithNothingLost, ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

/**
 * Points before the decision leave the rows with the old owner. A cutover dies at one half of them on one engine, a
 * rollback at the other half on the other: it is the same code, mirrored. `npm run soak -- faults` has all of them on both.
 */
const plans = {
  mariadb: [
    ...['hold', 'fence', 'auto-increment'].map((point) => ({ direction: 'cutover', point, owner: 'legacy' })),
    { direction: 'cutover', point: 'decision', owner: 'service' },
    { direction: 'rollback', point: 'open', owner: 'legacy' },
    { direction: 'cutover', point: 'release', owner: 'service' },
  ],
  mysql: [
    { direction: 'cutover', point: 'open', owner: 'service' },
    ...['barrier', 'drain', 'capture'].map((point) => ({ direction: 'rollback', point, owner: 'service' })),
    { direction: 'rollback', point: 'decision', owner: 'legacy' },
  ],
};

describeEachEngine('kill -9 of control', (db) => {
  test('at every step of cutover and rollback: one side open, the hold released, no write lost', async () => {
    // Some twenty processes start one after the other: on a busy machine that takes its time.
    const steps = plans[db.engine];
    await using world = await createParcelWorld(db, 100);
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    let control = await startChildControl(world.config, `cutover:after-${steps[0]?.point}`);
    await control.admin.run('/v1/features/parcels/copy', { why });
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    for (const [at, { direction, point, owner }] of steps.entries()) {
      const label = `${direction}:after-${point}`;
      const asked = control.admin.run(`/v1/features/parcels/${direction}`, { why });
      await killOnTheWay(control, asked, label);
      expect(await openSides(world), `${label}, while control is dead`).toHaveLength(
        ['capture', 'hold', 'barrier', 'open', 'release'].includes(point) ? 1 : 0,
      );

      const next = steps[at + 1];
      control = await startChildControl(world.config, next && `${next.direction}:after-${next.point}`);
      await settled(control);
      expect(await openSides(world), label).toEqual([owner]);
      const acknowledged = writer.acknowledged.size;
      await until(() => writer.acknowledged.size > acknowledged + 3);
    }
    await endsWithNothingLost(writer);
    await router.stop();
    await control.kill();
  }, 600_000);
});

describeOnEngine('mariadb', 'a control process that', (db) => {
  test('dies in the middle of a copy: the next one goes on with it by itself', async () => {
    await using world = await createParcelWorld(db, 200);
    for (const point of ['copy:after-service-fence', 'copy:after-capture', 'copy:after-copy']) {
      const control = await startChildControl(world.config, point);
      control.admin.run('/v1/features/parcels/copy', { why }).catch(() => undefined);
      await control.reached;
      await control.kill();
      await world.query('legacy', 'DELETE FROM parcels ORDER BY id LIMIT 3');
      expect(await openSides(world), point).toEqual(['legacy']);
    }
    const control = await startChildControl(world.config);
    await until(async () => (await control.admin.get('/v1/status')).features[0].stage === 'syncing');
    expect((await control.admin.run('/v1/features/parcels/verify', { why })).result).toMatchObject({
      different: 0,
      unsettled: 0,
    });
    await control.kill();
  });
});

describeOnEngine('mysql', 'a control process that', (db) => {
  test('freezes under the fence and wakes when another one has cut over: it changes nothing', async () => {
    await using world = await createParcelWorld(db, 50);
    // What the next one has to wait for.
    const config = withControl(world.config, { controlLeaseMs: 3_000 });
    const zombie = await startChildControl(config, 'cutover:after-fence', 'freeze');
    await zombie.admin.run('/v1/features/parcels/copy', { why });
    const asked = zombie.admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
    await zombie.reached;

    const control = await startChildControl(config);
    await until(async () => (await control.admin.get('/v1/status')).role === 'active');
    await settled(control);
    expect(await openSides(world)).toEqual(['legacy']);
    await control.admin.run('/v1/features/parcels/cutover', { why });
    expect(await openSides(world)).toEqual(['service']);

    zombie.wake();
    expect((await asked).code).toMatch(/^BANYAN_(LEASE_LOST|HANDOVER_TAKEN_BACK)$/);
    await until(async () => (await zombie.admin.get('/v1/status')).role === 'standby');
    expect(await openSides(world)).toEqual(['service']);
    expect((await control.admin.get('/v1/status')).features[0]).toMatchObject({
      stage: 'extracted',
      owner: 'service',
      hold: false,
      failing: null,
    });
    await control.kill();
    await zombie.kill();
  });
});
