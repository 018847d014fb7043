import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mariadb', 'the steady verify', (db) => {
  test('finds a row that somebody changed, closes the gate, and stands during a handover', async () => {
    await using world = await createParcelWorld(db, 50);
    // Everything is always due.
    const config = withControl(world.config, {
      verify: { workers: 3, steadily: true, everyMs: 1, share: 1 },
    });
    const held = Promise.withResolvers<void>();
    let [isLooking, waits] = [false, false];
    let wasLooking: boolean | null = null;
    const reach = async (point: string) => {
      if (point === 'cutover:after-hold') {
        wasLooking = isLooking;
        held.resolve();
      }
      if (point !== 'verify:chunk-compared-gently') return;
      isLooking = true;
      // A handover that does not wait for what is under way meets it here.
      if (waits) await Promise.race([held.promise, wait(1_500)]);
      isLooking = false;
    };
    const control = await startControl(config, { points: { reach } });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    const verified = async () => (await admin.get('/v1/status')).features[0].move.verified;
    await admin.run('/v1/features/parcels/copy', { why });
    await until(async () => (await verified())?.oldestMs !== null);
    expect(await verified()).toMatchObject({ rows: 150, different: 0, trouble: null });

    // Behind the fence, in a way that its watch cannot see.
    const fences = `\`${config.state.database}\`.fences`;
    await world.query(
      'service',
      `START TRANSACTION; UPDATE ${fences} SET closed = 0; UPDATE parcels SET weight = 5 WHERE id = 3;
       UPDATE ${fences} SET closed = 1; COMMIT`,
    );
    await until(async () => (await verified()).different === 1);
    const metrics = await admin.text('/metrics');
    expect(metrics).toMatch(/banyan_feature_verified_different_rows\{feature="parcels"\} 1\n/);
    expect(metrics).toMatch(/banyan_feature_verified_oldest_seconds\{.*\} [\d.]+\n/);
    const told = async () => (await admin.get('/v1/audit?feature=parcels&limit=1'))[0];
    await until(async () => (await told()).action === 'verify');
    expect(await told()).toMatchObject({ who: 'banyan', details: { different: 1 } });
    const refused = await admin.run('/v1/features/parcels/cutover', { why }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'BANYAN_GATE_CLOSED' });
    expect(refused.message).toMatch(/verified: 150 rows compared, 1 different/);

    await admin.run('/v1/features/parcels/repair', { why });
    expect((await verified()).different).toBe(0);
    waits = true;
    await until(() => isLooking);
    await admin.run('/v1/features/parcels/cutover', { why });
    expect(wasLooking).toBe(false);
    // What was known of the way forward says nothing about the way back: that is looked at anew.
    await until(async () => (await verified())?.oldestMs !== null);
    await control.stop();
  });
});
