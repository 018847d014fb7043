import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { AdminClient as Client } from '../../../control/api/index.ts';
import { startControl } from '../../../control/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { certificates } from '../../support/router/certificates.ts';
import { AdminClient } from './admin-client.ts';
import { EventReader, type SeenEvent } from './event-reader.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, withControl } from './parcel-world.ts';

const why = 'the test says so';

describeOnEngine('mariadb', 'admin API', (db) => {
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

    // Over TLS, by the client of the command line, with a token that may look and no more.
    const made = await certificates();
    const { keyFile, certFile, cert } = await made.selfSigned('control');
    const tokens = { looker: { role: 'read' as const, file: `${tokenFile}-looker` } };
    const tls = { keyFile, certFile, reloadMs: 50 };
    const secured = await startControl(withControl(world.config, { tokens, tls }));
    expect(secured.url).toMatch(/^https:/);
    const as = (file: string, tls: object = { ca: cert }) =>
      Client.open({ url: secured.url, tokenFile: file, who: 'anna', tls });
    const [looker, operator, stranger] = await Promise.all([
      as(tokens.looker.file),
      as(tokenFile),
      as(tokenFile, {}),
    ]);
    expect((await looker.status()).role).toBe('active');
    await expect(looker.act('parcels', 'copy', { why })).rejects.toMatchObject({ code: 'BANYAN_FORBIDDEN' });
    await expect(looker.rehearse('parcels', 'cutover')).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });
    expect(await operator.act('parcels', 'freeze', { why })).toMatchObject({ frozen: { who: 'anna' } });
    await expect(stranger.status()).rejects.toMatchObject({ code: 'BANYAN_CONTROL_UNREACHABLE' });
    // Renewed in place, key after certificate: whoever trusts only the new one is let in, without a restart.
    const renewed = await made.selfSigned('control');
    const later = await as(tokenFile, { ca: renewed.cert });
    await until(() =>
      later.status().then(
        () => true,
        () => false,
      ),
    );
    await Promise.all([looker, operator, stranger, later].map((client) => client.close()));
    await secured.stop();
    await rm(made.folder, { recursive: true });

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
    await expect(admin.run('/v1/features/parcels/abandon', { why })).rejects.toMatchObject({
      code: 'BANYAN_STAGE_REFUSED',
    });

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
    const begun = { complete: false, rows: 0, bytes: 0 };
    expect((await admin.get('/v1/status')).features[0].move.copied).toEqual([
      { table: 'parcels', ...begun },
      { table: 'parcel_events', ...begun },
    ]);
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

  test('events tell the state first, then every change, also those made while nobody listened', async () => {
    await using world = await createParcelWorld(db, 20);
    const config = withControl(world.config, { controlLeaseMs: 1_000 });
    let control = await startControl(config);
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    const canary = (percent: number) =>
      admin.post('/v1/features/parcels/canary', { why, percent, routes: ['GET /parcels'] });
    const actionsOf = (seen: readonly SeenEvent[]) =>
      seen.filter(({ event }) => event === 'change').map(({ data }) => data.action);

    const first = await EventReader.open(control.url, config.control.tokenFile, undefined, '?figures=true');
    expect(await first.next((one) => one.event === 'state')).toMatchObject({
      data: { features: [{ name: 'parcels', stage: 'legacy' }] },
    });
    await admin.run('/v1/features/parcels/copy', { why });
    await first.next(({ event, data }) => event === 'change' && data.action === 'copied');
    await first.next(({ event, data }) => event === 'progress' && data.feature === 'parcels');
    expect(actionsOf(first.seen)).toEqual(['copy', 'copied']);
    await first.next(
      ({ event, data }) => event === 'figures' && data.features.parcels?.move.does === 'forward: apply',
    );
    // A client that is not there when it happens, and a process that is not, either.
    const lastId = first.lastId;
    await first.close();
    await canary(10);
    await control.stop();
    control = await startControl(config);
    const again = await AdminClient.open(control.url, config.control.tokenFile);
    const second = await EventReader.open(control.url, config.control.tokenFile, lastId);
    await again.post('/v1/features/parcels/canary', { why, percent: 20, routes: ['GET /parcels'] });
    await second.next(({ event, data }) => event === 'change' && data.action === 'canary 20 %');
    expect(second.seen[0]?.event).toBe('state');
    expect(second.seen.some(({ event }) => event === 'figures')).toBe(false);
    expect(actionsOf(second.seen)).toEqual(['canary 10 %', 'canary 20 %']);
    // What is wrong is told while it lasts.
    await world.query('service', `DROP TABLE parcels`);
    const trouble = await second.next(({ event, data }) => event === 'trouble' && data.troubles.length > 0);
    expect(trouble.data.feature).toBe('parcels');
    await control.stop();
    await second.ended;
    // The id of another log: the state says all, and what comes next is told.
    control = await startControl(config);
    const third = await EventReader.open(control.url, config.control.tokenFile, '999999');
    expect(await third.next((one) => one.event === 'state')).toMatchObject({
      data: { features: [{ stage: 'syncing' }] },
    });
    const last = await AdminClient.open(control.url, config.control.tokenFile);
    await last.post('/v1/features/parcels/pause', { why });
    await third.next(({ event, data }) => event === 'change' && data.action === 'pause');
    expect(actionsOf(third.seen)).toEqual(['pause']);
    await third.close();
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
