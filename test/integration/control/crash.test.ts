import { expect, test } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { type ChildControl, startChildControl } from './child-control.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

/** Points before the decision: a crash there leaves the rows with the old owner. */
const undecided = ['hold', 'barrier', 'fence', 'drain', 'auto-increment', 'capture'];

/** A cutover dies everywhere on one engine, a rollback everywhere on the other: it is the same code, mirrored. */
const plans = {
  mariadb: [
    ...undecided.map((point) => ({ direction: 'cutover', point, owner: 'legacy' })),
    { direction: 'cutover', point: 'decision', owner: 'service' },
    { direction: 'rollback', point: 'open', owner: 'legacy' },
    { direction: 'cutover', point: 'release', owner: 'service' },
    { direction: 'rollback', point: 'hold', owner: 'service' },
  ],
  mysql: [
    { direction: 'cutover', point: 'open', owner: 'service' },
    ...undecided.map((point) => ({ direction: 'rollback', point, owner: 'service' })),
    { direction: 'rollback', point: 'decision', owner: 'legacy' },
    { direction: 'cutover', point: 'fence', owner: 'legacy' },
  ],
};

describeEachEngine('kill -9 of control', (db) => {
  test('at every step of cutover and rollback: one side open, the hold released, no write lost', async () => {
    const steps = plans[db.engine];
    await using world = await createParcelWorld(db, 100);
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    let control = await startChildControl(world.config, `cutover:after-${steps[0]?.point}`);
    await control.admin.run('/v1/features/parcels/copy', { why });
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    for (const [at, { direction, point, owner }] of steps.entries()) {
      const label = `${direction}:after-${point}`;
      const refused = control.admin.run(`/v1/features/parcels/${direction}`, { why }).then(
        () => Promise.reject(new Error(`${label} was not reached`)),
        // The kill ends the answer; anything else is why the point is never reached.
        (error) => (error instanceof TypeError ? new Promise<never>(() => undefined) : Promise.reject(error)),
      );
      await Promise.race([control.reached, refused]);
      await control.kill();
      expect(await openSides(world), `${label}, while control is dead`).toHaveLength(
        ['hold', 'barrier', 'open', 'release'].includes(point) ? 1 : 0,
      );

      const next = steps[at + 1];
      control = await startChildControl(world.config, next && `${next.direction}:after-${next.point}`);
      await settled(control);
      expect(await openSides(world), label).toEqual([owner]);
      const acknowledged = writer.acknowledged.size;
      await until(() => writer.acknowledged.size > acknowledged + 3);
    }
    await writer.stop();
    expect(writer.errors).toEqual([]);
    for (const side of ['legacy', 'service'] as const) {
      await until(async () => (await writer.lostOn(side)).length === 0);
    }
    await router.stop();
    await control.kill();
  });
});

async function settled(control: ChildControl): Promise<void> {
  await until(async () => {
    const [feature] = (await control.admin.get('/v1/status')).features;
    expect(feature.failing).toBeNull();
    return feature.transition === null && feature.running === null;
  });
}

/** The sides whose database accepts a write right now. */
async function openSides(world: ParcelWorld): Promise<string[]> {
  const open: string[] = [];
  for (const side of ['legacy', 'service'] as const) {
    try {
      await world.query(
        side,
        "START TRANSACTION; INSERT INTO parcels (code, weight) VALUES ('probe', 1); ROLLBACK",
      );
      open.push(side);
    } catch (error) {
      expect((error as { errno?: number }).errno).toBe(1644);
      await world.query(side, 'ROLLBACK');
    }
  }
  return open;
}
