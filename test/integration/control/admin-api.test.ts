import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';

const why = 'the test says so';

describeEachEngine('admin API', (db) => {
  test('lets in only who has the token, which only its owner can read', async () => {
    await using world = await createParcelWorld(db, 0);
    const { tokenFile } = world.config.control;
    const control = await startControl(world.config);
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    const token = (await readFile(tokenFile, 'utf8')).trim();
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${control.url}/v1/status`, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: `Bearer ${token}x` })).toBe(401);
    expect(await status({ authorization: `Basic ${token}` })).toBe(401);
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
    expect((await fetch(`${control.url}/healthz`)).status).toBe(200);
    await control.stop();

    await chmod(tokenFile, 0o644);
    await expect(startControl(world.config)).rejects.toMatchObject({ code: 'BANYAN_TOKEN_EXPOSED' });
    await writeFile(tokenFile, 'short\n', { mode: 0o600 });
    await chmod(tokenFile, 0o600);
    await expect(startControl(world.config)).rejects.toMatchObject({ code: 'BANYAN_TOKEN_INVALID' });
  });

  test('says what is wrong with a request, and what a stage does not allow', async () => {
    await using world = await createParcelWorld(db, 5);
    const control = await startControl(world.config);
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const refused = async (path: string, body: object) => {
      const { status, body: answer } = await admin.post(path, body);
      expect(answer.error.fix).not.toBe('');
      return [status, answer.error.code];
    };
    expect(await refused('/v1/features/parcels/copy', {})).toEqual([400, 'BANYAN_REQUEST_INVALID']);
    expect(await refused('/v1/features/nothing/copy', { why })).toEqual([404, 'BANYAN_FEATURE_UNKNOWN']);
    expect(await refused('/v1/features/parcels/fly', { why })).toEqual([404, 'BANYAN_NOT_FOUND']);
    const canary = '/v1/features/parcels/canary';
    expect(await refused(canary, { why, percent: 101 })).toEqual([400, 'BANYAN_REQUEST_INVALID']);
    expect(await refused(canary, { why, percent: 0.123 })).toEqual([400, 'BANYAN_REQUEST_INVALID']);
    expect(await refused(canary, { why, percent: 5 })).toEqual([409, 'BANYAN_STAGE_REFUSED']);
    expect(await refused('/v1/features/parcels/pause', { why })).toEqual([409, 'BANYAN_STAGE_REFUSED']);
    expect(await refused('/v1/features/parcels/abandon', { why })).toEqual([409, 'BANYAN_STAGE_REFUSED']);

    await admin.run('/v1/features/parcels/copy', { why });
    expect((await admin.run('/v1/features/parcels/copy', { why })).result.stage).toBe('syncing');
    expect(await refused(canary, { why, percent: 5, routes: ['POST /parcels'] })).toEqual([
      409,
      'BANYAN_CANARY_REFUSED',
    ]);
    expect((await admin.post(canary, { why, percent: 5, routes: ['GET /parcels'] })).status).toBe(200);
    const percents = async () =>
      (await admin.get('/v1/routes')).routes.map((route: { readPercent: number }) => route.readPercent);
    expect(await percents()).toEqual([0, 5, 0]);
    await admin.post(canary, { why, percent: 50.25 });
    expect(await percents()).toEqual([50.25, 50.25, 0]);
    const [latest] = await admin.get('/v1/audit?limit=1');
    expect(latest).toMatchObject({ who: 'tester', why, action: 'canary 50.25 %', feature: 'parcels' });
    await control.stop();
  });

  test('the work goes on when the client goes away, and another one can watch it', async () => {
    await using world = await createParcelWorld(db, 3_000);
    const gate = Promise.withResolvers<void>();
    const stood = Promise.withResolvers<void>();
    const control = await startControl(world.config, {
      points: {
        reach: (point) => {
          if (point !== 'copy:after-capture') return;
          stood.resolve();
          return gate.promise;
        },
      },
    });
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const token = (await readFile(world.config.control.tokenFile, 'utf8')).trim();
    const asked = request(`${control.url}/v1/features/parcels/copy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    asked.on('error', () => undefined);
    asked.end(JSON.stringify({ why }));
    await stood.promise;
    asked.destroy();
    const watching = admin.run('/v1/features/parcels/copy', { why });
    gate.resolve();
    const { result, progress } = await watching;
    expect(result.stage).toBe('syncing');
    expect(progress.some((line) => line.phase === 'copy' && line.done > 0)).toBe(true);
    const copies = (await admin.get('/v1/audit?feature=parcels')).filter(
      (entry: { action: string }) => entry.action === 'copy',
    );
    expect(copies).toHaveLength(1);
    await control.stop();
  });

  test('a second control stands by, and takes over when the first ends', async () => {
    await using world = await createParcelWorld(db, 5);
    // The second looks for so long, twice, before it stands by.
    const config = withControl(world.config, { controlLeaseMs: 2_000 });
    const first = await startControl(config);
    const second = await startControl(config);
    const admin = await AdminClient.open(second.url, config.control.tokenFile);
    expect(await admin.get('/v1/status')).toMatchObject({ role: 'standby' });
    expect(await admin.post('/v1/features/parcels/copy', { why })).toMatchObject({
      status: 503,
      body: { error: { code: 'BANYAN_CONTROL_STANDBY' } },
    });
    await first.stop();
    await until(async () => (await admin.get('/v1/status')).role === 'active');
    expect((await admin.run('/v1/features/parcels/copy', { why })).result.stage).toBe('syncing');
    await second.stop();
  });

  test('a port that is taken and a store that is away are told at once', async () => {
    await using world = await createParcelWorld(db, 0);
    const first = await startControl(world.config);
    const taken = { host: '127.0.0.1', port: Number(new URL(first.url).port) };
    await expect(
      startControl({ ...world.config, control: { ...world.config.control, listen: taken } }),
    ).rejects.toMatchObject({ code: 'BANYAN_PORT_TAKEN' });
    await first.stop();
    await expect(
      startControl({ ...world.config, state: { ...world.config.state, port: 1 } }),
    ).rejects.toMatchObject({ code: 'BANYAN_STATE_UNREACHABLE' });
  });
});
