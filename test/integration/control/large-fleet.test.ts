import { expect, test } from 'vitest';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { idleRouter } from '../../../scripts/soak/routers/idle-router.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { until } from './fixtures.ts';
import { DeskClients, startDesks } from './parcel-desks.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';

const why = 'to and fro';
const leaseMs = 2_000;
/** Beside the two that have requests: more than 50 are a large fleet, in which a report stands for five leases. */
const others = 58;

function startCrowd(state: DatabaseEndpoint) {
  const crowd = Array.from({ length: others }, (_, n) =>
    idleRouter({ state, leaseMs, replica: `idle-${n}`, services: ['parcels'] }),
  );
  for (const { table } of crowd) table.start();
  return crowd;
}

// What it asks of an engine fleet.test.ts asks of both.
describeOnEngine('mysql', 'sixty routers', (db) => {
  test('follow handovers: reads and writes have one order, and one that dies is waited for a lease at most', async () => {
    await using world = await createParcelWorld(db, 10);
    const config = withControl(world.config, { replicaLeaseMs: leaseMs });
    await using desks = await startDesks({ ...world, config }, {}, leaseMs);
    const crowd = startCrowd(config.state);
    const { admin } = desks;
    const live = async () => (await admin.get('/v1/status')).replicas.length;
    await until(async () => (await live()) === others + 2);
    // Longer than a lease: each has found by then how many there are, and what each says stands for five.
    const begun = performance.now();
    await until(async () => {
      expect(await live()).toBe(others + 2);
      return performance.now() - begun > 2 * leaseMs;
    });
    const clients = new DeskClients(desks.routers);
    for (const direction of ['cutover', 'rollback', 'cutover'] as const) {
      const { result } = await admin.run(`/v1/features/parcels/${direction}`, { why });
      expect(result.holdMs).toBeLessThan(leaseMs);
    }
    // One dies of the next route table, which is the hold's: it never says that it has it.
    const dead = crowd.pop()!;
    const beat = dead.link.beat.bind(dead.link);
    let died = false;
    dead.link.beat = async (...asked) => {
      const reply = died ? null : await beat(...asked);
      died ||= reply?.table !== undefined;
      if (reply === null || died) throw new Error('it is dead');
      return reply;
    };
    const { result } = await admin.run('/v1/features/parcels/rollback', { why });
    // In a large fleet a router looks for newer tables every half a lease: so much of its lease may be over at the hold.
    expect(result.holdMs).toBeGreaterThan(leaseMs / 4);
    expect(result.holdMs).toBeLessThan(3 * leaseMs);
    await clients.endInOrder();
    await Promise.all(
      crowd.map(async ({ table, link }) => {
        await table.stop();
        await link.close();
      }),
    );
    await dead.table.stop().catch(() => undefined);
    await dead.link.close();
  });
});
