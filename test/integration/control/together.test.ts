import { expect, test } from 'vitest';
import { decide, giveUp, hold } from '../../../control/conductor/handover-changes.ts';
import { handovers } from '../../../control/feature/index.ts';
import { startControl } from '../../../control/index.ts';
import type { ChangeRequest } from '../../../control/store/index.ts';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { AdminClient } from './admin-client.ts';
import { killOnTheWay, settled, startChildControl } from './child-control.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';
import { createParcelWorld, openSides, type ParcelWorld } from './parcel-world.ts';
import { endsWithNothingLost, ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const features = ['parcels', 'events'] as const;
const tables = ['parcels', 'parcel_events'] as const;
const why = 'the test says so';

/** What differs between the engines is the mover's, and one feature alone dies at every point: crash.test.ts. */
const plans = {
  mariadb: [
    { direction: 'cutover', at: 'after-fence', owner: 'legacy' },
    { direction: 'cutover', at: 'after-decision', owner: 'service' },
    { direction: 'rollback', at: 'after-open', owner: 'legacy' },
  ],
  mysql: [
    { direction: 'cutover', at: 'before-decision', owner: 'legacy' },
    { direction: 'cutover', at: 'after-release', owner: 'service' },
  ],
};

describeEachEngine('kill -9 during a handover of two features', (db) => {
  test('before and after the decision: none or both have changed hands, and the next handover works', async () => {
    await using world = await createParcelWorld(db, 30, true);
    const steps = plans[db.engine];
    const pointOf = (step?: (typeof steps)[number]) => step && `${step.direction}:${step.at}`;
    const router = new TinyRouter(world.config.state, features, 'tiny');
    let control = await startChildControl(world.config, pointOf(steps[0]));
    await copyBoth(control.admin);
    await router.start();
    const writer = new ParcelWriter(world, router, 1);
    for (const [index, step] of steps.entries()) {
      const { direction, owner } = step;
      const asked = control.admin.run('/v1/handover', { features, direction, why });
      await killOnTheWay(control, asked, `${pointOf(step)}`);
      control = await startChildControl(world.config, pointOf(steps[index + 1]));
      await settled(control);
      expect(await ownersOf(world), pointOf(step)).toEqual([[owner], [owner]]);
      const { size } = writer.acknowledged;
      await until(() => writer.acknowledged.size > size + 2);
    }
    await endsWithNothingLost(writer);
    await router.stop();
    await control.kill();
  }, 600_000);
});

describeOnEngine('mariadb', 'a handover of two features', (db) => {
  test('cannot be decided once one of them was given up', async () => {
    await using state = await createStateDatabase(db);
    const two = [parcelFeature(null), parcelFeature(null, { name: 'events', routes: [] })];
    await using store = await openStore(state, two);
    for (const feature of features) await toSyncing(store, feature);
    const rules = handovers.cutover;
    const who = { who: 'ops', why };
    const jointly = (action: string, change: ChangeRequest['change']) =>
      store.changeJointly({ ...who, action, members: features.map((feature) => ({ feature, change })) });
    const held = await jointly('hold', hold({ id: 'one', rules, ...who }));
    expect(held.states.map(({ stage }) => stage)).toEqual(['cutting_over', 'cutting_over']);

    await store.change({ ...who, feature: 'events', action: 'abort', change: giveUp('one') });
    const before = await store.lastAuditId();
    await expect(jointly('decide', decide('one', rules))).rejects.toThrow(/events is no longer where/);
    expect((await store.features()).map(({ stage }) => stage)).toEqual(['cutting_over', 'cutting_over']);
    expect(await store.lastAuditId()).toBe(before);
  });

  test('is held, decided and told as one; where one cannot be fenced, both stay', async () => {
    await using world = await createParcelWorld(db, 30, true);
    let commit: (() => Promise<void>) | null = null;
    let inTheWay = false;
    const { cutover } = world.config.control;
    const config = {
      ...world.config,
      control: { ...world.config.control, cutover: { ...cutover, lockTimeoutMs: 300 } },
    };
    const control = await startControl(config, {
      points: {
        async reach(point) {
          if (point !== 'cutover:after-barrier' || !inTheWay) return;
          const sql = "INSERT INTO parcel_events (parcel_code, kind) VALUES ('late', 'made')";
          commit = await world.openTransaction('legacy', sql);
        },
      },
    });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    await copyBoth(admin);
    const router = new TinyRouter(config.state, features, 'tiny');
    await router.start();

    const joint = { features, direction: 'cutover', why };
    const dry = await admin.run('/v1/handover', { ...joint, dryRun: true });
    expect(dry.result).toMatchObject({
      ...{ wouldBegin: true, dryRun: true },
      features: features.map((feature) => ({ feature, wouldBegin: true })),
    });
    const details = Object.fromEntries(
      dry.result.features[0].gate.map(({ check, detail }: Guard) => [check, detail]),
    );
    expect(details).toMatchObject({
      disk: expect.stringMatching(/^legacy [\d.]+ [MGT]iB of [\d.]+ [MGT]iB free, service /),
      'way back': expect.stringMatching(/^the capture of service’s tables /),
      routers: expect.stringMatching(/^1 alive, banyan not told, route table \d+, config /),
    });
    expect((await admin.post('/v1/handover', { ...joint, features: ['events', 'events'] })).status).toBe(400);

    inTheWay = true;
    await expect(admin.run('/v1/handover', joint)).rejects.toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      message: expect.stringContaining('cutover of parcels and events'),
    });
    inTheWay = false;
    await commit!();
    expect(await ownersOf(world)).toEqual([['legacy'], ['legacy']]);

    const { result } = await admin.run('/v1/handover', joint);
    expect(result.features.map(({ feature, owner }: Handed) => [feature, owner])).toEqual([
      ['parcels', 'service'],
      ['events', 'service'],
    ]);
    expect(await ownersOf(world)).toEqual([['service'], ['service']]);
    // Decided by one transaction, told once for each feature, under one id.
    const audit: Entry[] = await admin.get('/v1/audit?limit=6');
    for (const step of ['hold', 'decide', 'release']) {
      const entries = audit.filter(({ action }) => action === `cutover: ${step}`);
      expect(entries.map(({ feature }) => feature).sort()).toEqual(['events', 'parcels']);
      expect(new Set(audit.map(({ details }) => details.handover)).size).toBe(1);
      if (step !== 'release') expect(new Set(entries.map(({ version }) => version)).size).toBe(1);
    }
    await expect(admin.run('/v1/handover', joint)).rejects.toMatchObject({ code: 'BANYAN_STAGE_REFUSED' });
    await router.stop();
    await control.stop();
  });
});

interface Guard {
  readonly check: string;
  readonly detail: string;
}

interface Handed {
  readonly feature: string;
  readonly owner: string;
}

interface Entry {
  readonly action: string;
  readonly feature: string;
  readonly version: number;
  readonly details: { readonly handover: string };
}

async function copyBoth(admin: AdminClient): Promise<void> {
  for (const feature of features) await admin.run(`/v1/features/${feature}/copy`, { why });
}

/** Of each feature's table: the sides that take a write. */
function ownersOf(world: ParcelWorld): Promise<string[][]> {
  return Promise.all(tables.map((table) => openSides(world, table)));
}
