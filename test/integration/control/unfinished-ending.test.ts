import { expect, test } from 'vitest';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { type ChildControl, killOnTheWay, startChildControl } from './child-control.ts';
import { until } from './fixtures.ts';
import { createParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

const feature = async ({ admin }: ChildControl) => (await admin.get('/v1/status')).features[0];

/** What `banyan plan` marks as the next steps. */
async function nextSteps({ admin }: ChildControl): Promise<string[]> {
  const { steps } = await admin.get('/v1/features/parcels/plan');
  return steps
    .filter(({ standing }: { standing: string }) => standing === 'now')
    .map(({ command }: { command: string }) => command);
}

describeEachEngine('an abandon and a finish that died on the way', (db) => {
  test('are told by status and plan until the same command has done the rest', async () => {
    await using world = await createParcelWorld(db, 50);
    let control = await startChildControl(world.config, 'ending:step');
    const run = (command: string, body: object = {}) =>
      control.admin.run(`/v1/features/parcels/${command}`, { why, ...body });

    await run('copy');
    await killOnTheWay(control, run('abandon', { clean: true }), 'ending:step');
    control = await startChildControl(world.config, 'finish:after-stage');
    await until(async () => (await feature(control)).finding !== null);
    expect(await feature(control)).toMatchObject({
      stage: 'legacy',
      ending: { command: 'abandon --clean', why },
      finding: { what: expect.stringContaining('`banyan abandon parcels --clean` does the rest') },
    });
    expect(await nextSteps(control)).toContain('banyan abandon parcels --clean --why …');
    await run('abandon', { clean: true });
    await until(async () => (await feature(control)).finding === null);
    expect(await feature(control)).toMatchObject({ ending: null });

    await run('copy');
    await run('cutover');
    const { faults } = (await run('finish', { dryRun: true })).result;
    for (const { fix } of faults) await world.query('legacy', fix);
    await killOnTheWay(control, run('finish'), 'finish:after-stage');
    control = await startChildControl(world.config);
    await until(async () => (await feature(control)).finding !== null);
    expect(await feature(control)).toMatchObject({
      stage: 'finished',
      ending: { command: 'finish', why },
      finding: { what: expect.stringContaining('`banyan finish parcels` does the rest') },
    });
    expect(await nextSteps(control)).toEqual([
      'banyan finish parcels --dry-run && banyan finish parcels --why …',
    ]);
    await run('finish');
    await until(async () => (await feature(control)).finding === null);
    expect(await feature(control)).toMatchObject({ stage: 'finished', ending: null });
    expect(await nextSteps(control)).toEqual([]);
    await control.kill();
  });
});

describeOnEngine('mariadb', 'an abandon that failed', (db) => {
  test('is told until it is done', async () => {
    await using world = await createParcelWorld(db, 50);
    const control = await startChildControl(world.config);
    const run = (command: string) => control.admin.run(`/v1/features/parcels/${command}`, { why });
    await run('copy');
    const over = await world.openTransaction('service', 'SELECT 1 FROM parcels LIMIT 1');
    await expect(run('abandon')).rejects.toMatchObject({ code: 'BANYAN_FENCE_LEFT' });
    await until(async () => (await feature(control)).finding !== null);
    expect((await feature(control)).finding.what).toContain('`banyan abandon parcels` does the rest');
    await over();
    await run('abandon');
    await until(async () => (await feature(control)).finding === null);
    await control.kill();
  });
});
