import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { StoreProxy } from './store-proxy.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeEachEngine('a state store that fails in the middle of a cutover', (db) => {
  test('the decision’s answer is lost, the decision is lost, the store is away: there is no third outcome', async () => {
    await using world = await createParcelWorld(db, 50);
    await using proxy = await StoreProxy.open(world.config.state);
    const at: Record<string, () => void> = {};
    const control = await startControl(
      withControl({ ...world.config, state: proxy.endpoint }, { controlLeaseMs: 3_000 }),
      { points: { reach: (point) => at[point]?.() } },
    );
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const router = new TinyRouter(world.config.state, 'parcels', 'tiny');
    await router.start();
    const writer = new ParcelWriter(world, router, 2);
    await admin.run('/v1/features/parcels/copy', { why });
    const owner = async () => (await admin.get('/v1/status')).features[0].owner;

    // Nobody knows whether it was decided. It was: the cutover goes on to its end.
    at['cutover:before-decision'] = () => proxy.loseNextCommit('answer');
    expect((await admin.run('/v1/features/parcels/cutover', { why })).result.owner).toBe('service');
    delete at['cutover:before-decision'];
    expect(await owner()).toBe('service');

    // Nobody knows whether it was decided. It was not: the rollback is taken back.
    at['rollback:before-decision'] = () => proxy.loseNextCommit('commit');
    await expect(admin.run('/v1/features/parcels/rollback', { why })).rejects.toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
    });
    delete at['rollback:before-decision'];
    expect(await owner()).toBe('service');
    await until(() => router.table.features[0]?.hold === false);

    // The store is away for longer than the lease: control loses it, comes back, and takes back what it had begun.
    at['rollback:after-fence'] = () => proxy.setAway(true);
    await expect(admin.run('/v1/features/parcels/rollback', { why })).rejects.toMatchObject({
      code: expect.stringMatching(/^BANYAN_/),
    });
    delete at['rollback:after-fence'];
    proxy.setAway(false);
    await until(() => router.table.features[0]?.hold === false);
    expect(router.table.features[0]).toMatchObject({ stage: 'extracted', owner: 'service' });
    await until(async () => (await admin.get('/v1/status')).features[0]?.move?.applying === 'reverse');

    const acknowledged = writer.acknowledged.size;
    await until(() => writer.acknowledged.size > acknowledged + 5);
    await writer.stop();
    expect(writer.errors).toEqual([]);
    expect(await writer.lostOn('service')).toEqual([]);
    await until(async () => (await writer.lostOn('legacy')).length === 0);
    await router.stop();
    await control.stop();
  });
});
