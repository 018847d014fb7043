import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { Halt } from '../../support/halt.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';

describeOnEngine('mariadb', 'switches of ops', (db) => {
  test('freeze, abort, a budget with another try, a reason, and an audit log that shows what was done to it', async () => {
    await using world = await createParcelWorld(db, 20);
    const halt = new Halt();
    const config = withControl(world.config, { requireWhy: true });
    const control = await startControl(config, { points: halt });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    const router = new TinyRouter(config.state, 'parcels', 'only');
    await router.start();
    const at = '/v1/features/parcels';
    const refusal = async (action: string, body: object = { why }) =>
      (await admin.post(`${at}/${action}`, body)).body.error?.code;
    const run = (action: string, body: object = {}) => admin.run(`${at}/${action}`, { why, ...body });
    const stage = async () => (await admin.get('/v1/status')).features[0].stage;

    expect(await refusal('pause', {})).toBe('BANYAN_REQUEST_INVALID');
    expect(await refusal('copy', { why: '(no reason given)' })).toBe('BANYAN_REQUEST_INVALID');
    await run('copy');

    // Frozen: nothing begins, and reads are with the owner; then all is as it was.
    const percents = async () =>
      (await admin.get('/v1/routes')).routes.map((route: { readPercent: number }) => route.readPercent);
    await admin.post(`${at}/canary`, { why, percent: 40 });
    expect((await admin.post(`${at}/freeze`, { why })).body.frozen).toMatchObject({ who: 'tester', why });
    expect(await percents()).toEqual([0, 0, 0]);
    await expect(run('cutover')).rejects.toMatchObject({ code: 'BANYAN_FEATURE_FROZEN' });
    expect(await refusal('canary', { why, percent: 50 })).toBe('BANYAN_FEATURE_FROZEN');
    await expect(run('abandon')).rejects.toMatchObject({ code: 'BANYAN_FEATURE_FROZEN' });
    await admin.post(`${at}/unfreeze`, { why });
    expect(await percents()).toEqual([40, 40, 0]);

    // By hand: until the decision, not after it.
    expect(await refusal('abort')).toBe('BANYAN_STAGE_REFUSED');
    let reached = halt.arm('cutover:before-decision');
    const first = run('cutover').catch((error) => error);
    await reached;
    expect(await refusal('freeze')).toBe('BANYAN_STAGE_REFUSED');
    let aborting = admin.post(`${at}/abort`, { why: 'the wrong feature' });
    await until(() => halt.passed.has('abort:after-asked'));
    halt.passed.clear();
    halt.go();
    expect((await aborting).body).toEqual({ feature: 'parcels', outcome: 'taken back', stage: 'syncing' });
    expect(await first).toMatchObject({
      code: 'BANYAN_HANDOVER_TAKEN_BACK',
      message: expect.stringContaining('tester took it back by hand: the wrong feature'),
    });
    reached = halt.arm('cutover:after-decision');
    const second = run('cutover');
    await reached;
    aborting = admin.post(`${at}/abort`, { why: 'too late' });
    await until(() => halt.passed.has('abort:after-asked'));
    halt.passed.clear();
    halt.go();
    expect((await aborting).body).toMatchObject({ outcome: 'decided', stage: 'extracted' });
    await second;

    // A router that does not drain uses the budget up, and not a second time.
    router.neverDrains = true;
    const asked = run('rollback', { maxHold: '1s', retry: 3 });
    await until(async () =>
      (await admin.get('/v1/audit?limit=1'))[0].action.startsWith('rollback: release to'),
    );
    expect(await stage()).toBe('extracted');
    router.neverDrains = false;
    const { result, progress } = await asked;
    expect(result).toMatchObject({ stage: 'syncing', retries: 1 });
    expect(result.steps.map(({ step }: { step: string }) => step)).toEqual(
      'hold barrier fence drain look decide open routers release'.split(' '),
    );
    const told = progress.find(({ phase }) => phase === 'retry').about;
    expect(told).toMatch(/still has writes under way.*barrier \d+/);
    const entries = await admin.get('/v1/audit?limit=100');
    const detailsOf = (action: string) =>
      entries.find((entry: { action: string }) => entry.action === action).details;
    expect(detailsOf('rollback: hold')).toMatchObject({ budgetMs: 800, gate: expect.any(Array) });
    expect(detailsOf('rollback: release').holdMs).toBeGreaterThan(0);
    expect(detailsOf('verify').tables).toHaveLength(2);

    // What is done to the log behind banyan's back shows.
    const verify = (anchor?: string) =>
      admin.get(`/v1/audit/verification${anchor === undefined ? '' : `?anchor=${anchor}`}`);
    const whole = await verify();
    expect(whole).toMatchObject({ ok: true, verified: entries.length, unchained: 0 });
    const anchor = `${whole.head.id}:${whole.head.hash}`;
    await using state = await createConnection({ ...config.state });
    const middle = entries[5].id;
    await state.query('UPDATE state_audit SET why = CONCAT(why, ?) WHERE id = ?', ['!', middle]);
    expect(await verify()).toMatchObject({ ok: false, fault: { id: middle } });
    await state.query('UPDATE state_audit SET why = ? WHERE id = ?', [entries[5].why, middle]);
    expect(await verify(anchor)).toEqual(whole);
    await state.query('DELETE FROM state_audit WHERE id = ?', [whole.head.id]);
    expect(await verify()).toMatchObject({ ok: true });
    expect(await verify(anchor)).toMatchObject({ ok: false, fault: { id: whole.head.id } });
    await router.stop();
    await control.stop();
  });
});
