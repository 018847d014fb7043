import type { RunningRouter } from 'banyan/router';
import { expect, test } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { deferred } from '../../support/router/router-stage.ts';
import { DeskClients, startDesks } from './parcel-desks.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'to and fro';

describeEachEngine('reads and writes through handovers', (db) => {
  test('of single keys, by clients of two routers, have one order that respects time', async () => {
    await using world = await createParcelWorld(db, 10);
    await using desks = await startDesks(world);
    const clients = new DeskClients(desks.routers);
    for (const direction of ['cutover', 'rollback', 'cutover', 'rollback'] as const) {
      await desks.admin.run(`/v1/features/parcels/${direction}`, { why });
    }
    await clients.endInOrder();
  });

  test('a write is acknowledged only once every router reads from the new owner', async () => {
    await using world = await createParcelWorld(db, 10);
    const slow = deferred();
    let waits = false;
    const decided = deferred();
    await using desks = await startDesks(world, {
      control: {
        reach(point) {
          if (point === 'cutover:before-decision') waits = true;
          if (point === 'cutover:after-decision') decided.resolve();
        },
      },
      secondRouter: {
        reach: (point) => (waits && point === 'router:before-table' ? slow.promise : undefined),
      },
    });
    const { admin, routers } = desks;
    const parcel = (router: RunningRouter) => `${router.url}/parcels/seed-1`;
    const cutover = admin.run('/v1/features/parcels/cutover', { why });
    await decided.promise;
    // Parked until the release; the second router still decides by the table of the hold.
    const write = fetch(parcel(routers[0]!), { method: 'PUT', body: '77' });
    setTimeout(slow.resolve, 300);
    expect((await write).status).toBe(200);
    expect(await (await fetch(parcel(routers[1]!))).text()).toBe('77');
    await cutover;
  });
});
