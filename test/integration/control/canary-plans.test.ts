import { expect, test } from 'vitest';
import { noStopPoints, type StopPoints } from '../../../common/stop-points.ts';
import { type BanyanConfig, startControl } from '../../../control/index.ts';
import { type ChangeContext, StateStore } from '../../../control/store/index.ts';
import { describeOnEngine, type EngineLane } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { startChildControl } from './child-control.ts';
import { parcelFeature, until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';

const why = 'the test says so';
const canaryPath = '/v1/features/parcels/canary';

/** A feature without tables: its reads can be canaried as soon as it is asked for. */
async function createWorld(db: EngineLane) {
  const world = await createParcelWorld(db, 0);
  const { service } = world.config.features.parcels!;
  const config = {
    ...world.config,
    features: { parcels: { ...parcelFeature(null), service } },
  };
  return { config, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function startActive(config: BanyanConfig, points: StopPoints = noStopPoints) {
  const control = await startControl(config, { points });
  const admin = await AdminClient.open(control.url, config.control.tokenFile);
  await admin.run('/v1/features/parcels/copy', { why });
  return { control, ...hands(admin) };
}

function hands(admin: AdminClient) {
  return {
    admin,
    canary: (body: object) => admin.post(canaryPath, { why, ...body }),
    feature: async () => (await admin.get('/v1/status')).features[0],
    percents: async () =>
      (await admin.get('/v1/routes')).routes.map((route: { readPercent: number }) => route.readPercent),
    /** Oldest first. */
    canaryEntries: async (): Promise<AuditEntry[]> =>
      (await admin.get('/v1/audit?feature=parcels&limit=1000'))
        .filter(({ action }: AuditEntry) => action.startsWith('canary'))
        .reverse(),
  };
}

interface AuditEntry {
  readonly at: string;
  readonly who: string;
  readonly why: string;
  readonly action: string;
  readonly version: number;
  readonly to: { readonly readPercents?: Record<string, number> };
}

describeOnEngine('mysql', 'a canary that goes on by itself', (db) => {
  test('ramps up and puts back what was, each step one version of the table and one entry under its author', async () => {
    await using world = await createWorld(db);
    const { control, canary, feature, percents, canaryEntries } = await startActive(world.config);
    await canary({ percent: 40, routes: ['GET /parcels'] });
    const { status, body } = await canary({ ramp: [1, 5, 25], every: '1500ms', until: '4s' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      routes: { 'GET /parcels/:code': 1, 'GET /parcels': 1 },
      plan: {
        who: 'tester',
        why,
        percent: 1,
        ramp: [1, 5, 25],
        everyMs: 1_500,
        coming: [{ percent: 5 }, { percent: 25 }],
        revertsTo: { 'GET /parcels/:code': 0, 'GET /parcels': 40 },
        frozen: null,
      },
      replaced: [],
    });
    expect((await feature()).canaries).toHaveLength(1);
    await until(async () => (await feature()).canaries.length === 0);
    expect(await percents()).toEqual([0, 40, 0]);

    const entries = (await canaryEntries()).slice(1);
    expect(entries.map(({ action }) => action)).toEqual([
      'canary 1 % (step 1 of 3)',
      'canary 5 % (step 2 of 3)',
      'canary 25 % (step 3 of 3)',
      'canary revert',
    ]);
    expect(entries.every((entry) => entry.who === 'tester' && entry.why === why)).toBe(true);
    // All routes of a step are in one version, and there is one version for each step.
    expect(entries.map(({ version }) => version - body.version)).toEqual([0, 1, 2, 3]);
    expect(entries[1]?.to.readPercents).toEqual({ 'GET /parcels/:code': 5, 'GET /parcels': 5 });
    const steps = [0, 1_500, 3_000].map((ms) => Date.parse(body.plan.startedAt) + ms);
    // Its length is counted from the moment at which it was asked for, a little before it starts.
    const planned = [...steps, Date.parse(body.plan.until)];
    for (const [index, { at }] of entries.entries())
      expect(Date.parse(at)).toBeGreaterThanOrEqual(planned[index]!);
    await control.stop();
  });

  test('gives way to a canary by hand, for the routes that it names, and to a decided cutover', async () => {
    await using world = await createWorld(db);
    const { control, admin, canary, feature, percents } = await startActive(world.config);
    const plans = async () =>
      (await feature()).canaries.map(({ routes, percent }: { routes: string[]; percent: number }) => [
        percent,
        routes,
      ]);
    await canary({ ramp: [1, 100], every: '1h', until: '5h' });
    // One route of the ramp is taken back: the other goes on.
    expect((await canary({ percent: 0, routes: ['GET /parcels'] })).body).toMatchObject({
      plan: null,
      replaced: [{ percent: 1, routes: ['GET /parcels/:code', 'GET /parcels'] }],
    });
    expect(await plans()).toEqual([[1, ['GET /parcels/:code']]]);
    await canary({ percent: 30, until: '1h', routes: ['GET /parcels'] });
    expect(await plans()).toEqual([
      [1, ['GET /parcels/:code']],
      [30, ['GET /parcels']],
    ]);
    expect((await canary({ percent: 10 })).body.replaced).toHaveLength(2);
    expect(await plans()).toEqual([]);
    expect(await percents()).toEqual([10, 10, 0]);

    await canary({ ramp: [20, 100], every: '1h', until: '5h' });
    await admin.run('/v1/features/parcels/cutover', { why });
    expect(await plans()).toEqual([]);
    // All of it is the service's now.
    expect(await percents()).toEqual([100, 100, 100]);

    // Legacy is behind while it is copied once more: no read may go there.
    await using store = await openState(world.config);
    const change = ({ state }: ChangeContext) => ({ ...state, otherSide: 'copying again' as const });
    await store.change({ feature: 'parcels', action: 'copy again', who: 'test', why, change });
    expect((await canary({ ramp: [90, 100], every: '1h' })).body.error.code).toBe('BANYAN_CANARY_REFUSED');
    expect((await canary({ percent: 100 })).status).toBe(200);
    await control.stop();
  });

  test('takes no step that somebody made undue at the last moment', async () => {
    await using world = await createWorld(db);
    const stood = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const past = Promise.withResolvers<void>();
    const { control, canary, percents, canaryEntries } = await startActive(world.config, {
      async reach(point) {
        if (point === 'canary:after-step') past.resolve();
        if (point !== 'canary:before-step') return;
        stood.resolve();
        await gate.promise;
      },
    });
    await canary({ ramp: [1, 50], every: '100ms' });
    await stood.promise;
    await canary({ percent: 7 });
    gate.resolve();
    await past.promise;
    expect(await percents()).toEqual([7, 7, 0]);
    expect((await canaryEntries()).map(({ action }) => action)).toEqual([
      'canary 1 % (step 1 of 2)',
      'canary 7 %',
    ]);
    await control.stop();
  });

  test('stands still while the feature is paused or failing, and a revert does not wait for that', async () => {
    await using world = await createWorld(db);
    const { control, admin, canary, feature, percents } = await startActive(world.config);
    await using store = await openState(world.config);
    const plan = async () => (await feature()).canaries[0];
    const { body } = await canary({ ramp: [5, 50], every: '2500ms' });
    await admin.post('/v1/features/parcels/pause', { why });
    const frozen = await plan();
    expect(frozen).toMatchObject({
      percent: 5,
      next: { percent: 50, at: null },
      frozen: { because: 'paused' },
    });
    await until(async () => (await store.clock()) > body.plan.next.at);
    // As the runner does it.
    const failing = {
      code: 'BANYAN_FENCE_BYPASSED',
      message: 'broken',
      fix: 'Mend it.',
      since: body.plan.startedAt,
    };
    const actor = { who: 'banyan', why: 'broken' };
    await store.change({
      feature: 'parcels',
      action: 'failing',
      ...actor,
      change: ({ state }) => ({ ...state, failing }),
    });
    expect((await plan()).frozen).toEqual({ since: frozen.frozen.since, because: 'failing' });
    expect((await canary({ ramp: [1, 2], every: '1h' })).body.error.code).toBe('BANYAN_CANARY_REFUSED');
    // Nobody keeps the service current now, so nobody reads there.
    expect(await percents()).toEqual([0, 0, 0]);
    await admin.post('/v1/features/parcels/resume', { why });
    const stoodMs = Date.parse(await store.clock()) - Date.parse(frozen.frozen.since);
    await until(async () => (await percents())[0] === 5);
    await until(async () => (await percents())[0] === 50);
    const [last] = await admin.get('/v1/audit?feature=parcels&limit=1');
    expect(last.action).toBe('canary 50 % (step 2 of 2)');
    // It had as long to go as when it stopped.
    const lateMs = Date.parse(last.at) - Date.parse(body.plan.next.at);
    expect(lateMs).toBeGreaterThan(stoodMs - 200);

    await canary({ percent: 80, until: '300ms' });
    await admin.post('/v1/features/parcels/pause', { why });
    await until(async () => (await feature()).canaries.length === 0);
    expect(await feature()).toMatchObject({ paused: true });
    await admin.post('/v1/features/parcels/resume', { why });
    await until(async () => (await percents())[0] === 50);
    await control.stop();
  });

  test('tells every fault at once, and a dry run leaves no trace', async () => {
    await using world = await createWorld(db);
    const { control, admin, canary, canaryEntries } = await startActive(world.config);
    const past = '2020-01-01T00:00:00Z';
    const refused = await canary({ ramp: [5, 1, 101], every: '0', until: past, routes: ['POST /parcels'] });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'BANYAN_REQUEST_INVALID' } } });
    expect(refused.body.error.faults.map(({ at }: { at: string }) => at).sort()).toEqual([
      'every',
      'ramp',
      'ramp',
      'routes',
      'until',
    ]);
    expect((await canary({ ramp: [1, 5] })).status).toBe(400);
    const { version } = await admin.get('/v1/routes');
    const rehearsed = await canary({ ramp: [1, 5], every: '10m', until: '1h', dryRun: true });
    expect(rehearsed.body).toMatchObject({ version, dryRun: true, plan: { next: { percent: 5 } } });
    expect((await admin.get('/v1/routes')).version).toBe(version);
    expect((await admin.get('/v1/status')).features[0].canaries).toEqual([]);
    expect(await canaryEntries()).toEqual([]);
    await control.stop();
  });
});

describeOnEngine('mariadb', 'a canary that goes on by itself', (db) => {
  test('outlives its control process: the next one takes the step that is due then, once, and nobody takes it twice', async () => {
    await using world = await createWorld(db);
    // What the next one waits for when the first is frozen.
    const config = withControl(world.config, { controlLeaseMs: 1_000 });
    // One engine has the first process killed in the middle of a step; on the other it is frozen there and wakes up late.
    const frozen = db.engine === 'mysql';
    const first = await startChildControl(config, 'canary:before-step', frozen ? 'freeze' : 'stand');
    await first.admin.run('/v1/features/parcels/copy', { why });
    const standby = await startControl(config);
    const { feature, canaryEntries, percents, admin } = hands(
      await AdminClient.open(standby.url, config.control.tokenFile),
    );
    expect((await admin.get('/v1/status')).role).toBe('standby');
    const ramp = [1, 2, 3, 4, 5, 6, 100];
    const { body } = await first.admin.post(canaryPath, { why, ramp, every: '400ms' });
    await first.reached;
    const startedAt = Date.parse(body.plan.startedAt);
    const stepAt = (at: string, slackMs = 0) =>
      Math.min(ramp.length - 1, Math.floor((Date.parse(at) - startedAt - slackMs) / 400));
    // More steps fall due unseen.
    await until(async () => stepAt((await admin.get('/v1/status')).now) >= 3);
    if (!frozen) await first.kill();
    await until(async () => (await feature()).canaries.length === 0);
    expect(await percents()).toEqual([100, 100, 0]);

    const entries = await canaryEntries();
    const steps = entries.map(({ action }) => Number(/step (\d+)/.exec(action)?.[1]) - 1);
    expect(steps[0]).toBe(0);
    // A frozen process's lease runs out some 0.75 s after it stood still, at the earliest.
    expect(steps[1]).toBeGreaterThanOrEqual(frozen ? 2 : 3);
    expect(steps.at(-1)).toBe(ramp.length - 1);
    for (const [index, { at, version }] of entries.entries()) {
      if (index === 0) continue;
      expect(version).toBe(entries[index - 1]!.version + 1);
      // The entry is stamped after the step was found due; on a busy machine, more than a moment after.
      expect(steps[index]).toBeLessThanOrEqual(stepAt(at));
      expect(steps[index]).toBeGreaterThanOrEqual(stepAt(at, 2_000));
      expect(steps[index]).toBeGreaterThan(steps[index - 1]!);
    }
    if (frozen) {
      first.wake();
      await until(async () => (await first.admin.get('/v1/status')).role === 'standby');
      expect(await canaryEntries()).toHaveLength(entries.length);
      await first.kill();
    }
    await standby.stop();
  });
});

async function openState(config: BanyanConfig) {
  const store = await StateStore.open({ state: config.state, features: Object.values(config.features) });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
