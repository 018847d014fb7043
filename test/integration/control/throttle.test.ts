import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mariadb', 'the throttle of a feature', (db) => {
  test('is kept, shown and followed while rows are copied, by the next control process too', async () => {
    await using world = await createParcelWorld(db, 50);
    let control = await startControl(world.config);
    let admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    const throttle = (body: object) => admin.post('/v1/features/parcels/throttle', { why, ...body });

    const refused = await throttle({ workers: 17, share: 101 });
    expect(refused.status).toBe(400);
    expect(refused.body.error.faults.map((fault: { at: string }) => fault.at)).toEqual(['workers', 'share']);
    expect((await throttle({})).status).toBe(400);
    expect((await throttle({ share: 50, dryRun: true })).body).toEqual({
      ...{ feature: 'parcels', throttle: { workers: 3, share: 0.5 }, dryRun: true },
    });
    expect((await throttle({ share: 0 })).body).toEqual({
      feature: 'parcels',
      throttle: { workers: 3, share: 0 },
    });

    // The copy begins, and stands.
    admin.run('/v1/features/parcels/copy', { why }).catch(() => undefined);
    await until(async () => (await feature()).move.pace !== null);
    await until(async () => (await feature()).move.pace.share === 0);
    expect(await feature()).toMatchObject({ stage: 'copying', move: { pace: { workers: 3, because: [] } } });
    await control.stop();
    control = await startControl(world.config);
    admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    await until(async () => (await feature()).move.pace?.share === 0);
    expect((await feature()).stage).toBe('copying');

    expect((await throttle({ reset: true })).body.throttle).toEqual({ workers: 3, share: 1 });
    await until(async () => (await feature()).stage === 'syncing');
    expect((await feature()).move.pace).toBeNull();
    const { result } = await admin.run('/v1/features/parcels/verify', { why });
    expect(result).toMatchObject({ different: 0, unsettled: 0 });
    const audit = await admin.get('/v1/audit?feature=parcels');
    const actions = audit.map((entry: { action: string }) => entry.action);
    expect(actions).toContain('throttle');
    expect(actions).toContain('throttle: as configured');
    await control.stop();
  });

  test('a copy that somebody gives up is not called done by the command that waits for it', async () => {
    await using world = await createParcelWorld(db, 50);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const feature = async () => (await admin.get('/v1/status')).features[0];
    await admin.post('/v1/features/parcels/throttle', { why, share: 0 });
    const waiting = admin.run('/v1/features/parcels/copy', { why });
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'BANYAN_COPY_ABANDONED' }),
      until(async () => (await feature()).stage === 'copying').then(() =>
        admin.run('/v1/features/parcels/abandon', { why }),
      ),
    ]);
    expect((await feature()).stage).toBe('legacy');
    await control.stop();
  });
});
