import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loadConfig, startControl } from '../../../control/index.ts';
import { RouterProcess } from '../../../scripts/router/run-router.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';
const logger = pino({ level: 'silent' });

/** A service that speaks HTTP and says who it is. */
async function serveText(text: string) {
  const server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A config as a user writes it, in files that can be written again. */
async function configFiles(world: ParcelWorld, parcels: string) {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-reload-'));
  const { config } = world;
  const { databases, legacy, state, control } = config;
  const feature = {
    service: { kind: 'http', addresses: [parcels] },
    database: 'service',
    tables: ['parcels', 'parcel_events'],
    capture: config.features.parcels!.capture,
    routes: { 'GET /parcels': {}, 'POST /parcels': {} },
  };
  const base = {
    databases,
    state: { database: 'legacy', schema: state.database },
    legacy: { addresses: legacy.addresses, database: 'legacy' },
    router: { listen: '127.0.0.1:0', admin: '127.0.0.1:0', snapshotFile: 'routes.json' },
    control: {
      ...{ listen: '127.0.0.1:0', tokenFile: 'token', replicaLeaseMs: 10_000, controlLeaseMs: 10_000 },
      cutover: control.cutover,
    },
  };
  const features = (more: object = {}) => ({ ...base, features: { parcels: feature, ...more } });
  const write = async (name: string, content: object) => {
    // The config's own imports are read again, too.
    await writeFile(join(folder, `${name}.data.mjs`), `export default ${JSON.stringify(content)};`);
    const file = join(folder, `${name}.config.ts`);
    await writeFile(file, `import data from './${name}.data.mjs';\nexport default data;`);
    return file;
  };
  return { feature, features, write, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

describeOnEngine('mariadb', 'a reload', (db) => {
  test('takes a feature in without a restart, changes nothing under way, and nothing is sent where a router cannot ask', async () => {
    await using world = await createParcelWorld(db, 10);
    await using parcels = await serveText('parcels');
    await using labels = await serveText('labels at their service');
    await using files = await configFiles(world, parcels.url);
    const file = await files.write('main', files.features());
    const config = await loadConfig(file);
    const heard: string[] = [];
    const warn = (_facts: object, message: string) => heard.push(message);
    const control = await startControl(config, { logger: { info() {}, warn } });
    const router = await RouterProcess.start({ config, overrides: {}, logger });
    const admin = await AdminClient.open(control.url, config.control.tokenFile);
    await admin.run('/v1/features/parcels/copy', { why });
    const reload = (body: object = { why }) => admin.run('/v1/reload', body).then(({ result }) => result);
    const canary = (body: object) => admin.post('/v1/features/labels/canary', { why, ...body });
    const { fingerprint } = (await admin.get('/v1/status')).config;

    // A dry run shows it, and a config with a fault or one that changes what is under way changes nothing.
    const withLabels = files.features({
      labels: { service: { kind: 'http', addresses: [labels.url] }, routes: { 'GET /labels': {} } },
    });
    await files.write('main', withLabels);
    expect(await reload({ dryRun: true })).toMatchObject({
      changes: [{ path: 'features.labels', from: null, effect: 'now' }],
      faults: [],
    });
    await files.write('main', { ...withLabels, state: { database: 'nowhere' }, legacy: {} });
    await expect(reload()).rejects.toMatchObject({ code: 'BANYAN_CONFIG_INVALID' });
    await files.write('main', files.features({ parcels: { ...files.feature, tables: ['parcels'] } }));
    await expect(reload()).rejects.toMatchObject({
      code: 'BANYAN_RELOAD_REFUSED',
      faults: [{ at: 'features.parcels.tables' }],
    });
    await files.write('main', { ...files.features(), features: {} });
    await expect(reload()).rejects.toMatchObject({ code: 'BANYAN_RELOAD_REFUSED' });
    expect((await admin.get('/v1/status')).config.fingerprint).toBe(fingerprint);
    expect((await canary({ percent: 100 })).body.error.code).toBe('BANYAN_FEATURE_UNKNOWN');

    await files.write('main', withLabels);
    expect(await reload()).toMatchObject({ changes: [{ path: 'features.labels' }], behind: [] });
    expect((await admin.get('/v1/audit?limit=1'))[0]).toMatchObject({ action: 'reload', who: 'tester', why });
    await admin.run('/v1/features/labels/copy', { why });

    // A router on whose machine the file is an older one.
    const oldFile = await files.write('old', files.features());
    const old = await RouterProcess.start({ config: await loadConfig(oldFile), overrides: {}, logger });
    expect((await canary({ percent: 100 })).body.error.code).toBe('BANYAN_CANARY_REFUSED');
    expect((await reload()).behind).toEqual([expect.stringContaining('goes by another config')]);
    await files.write('old', withLabels);
    await old.reload();
    await until(async () => (await canary({ percent: 100 })).status === 200);
    const { version } = await admin.get('/v1/routes');
    for (const { router: one } of [router, old]) {
      await until(() => one.version >= version);
      expect(await (await fetch(`${one.url}/labels`)).text()).toBe('labels at their service');
      expect((await fetch(`${one.adminUrl}/readyz`)).status).toBe(200);
    }
    await files.write('old', files.features());
    await old.reload();
    const readiness = await fetch(`${old.router.adminUrl}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining('labels')]);
    expect(await (await fetch(`${old.router.url}/labels`)).text()).toBe('parcels');
    await old.stop();

    // A step of a ramp waits for a router that came in between.
    await canary({ ramp: [10, 100], every: '1s' });
    const stranger = new TinyRouter(world.config.state, 'parcels', 'stranger');
    await stranger.start();
    await until(() => heard.includes('a step of a canary waits: not every live router can ask the service'));
    const percent = async () =>
      (await admin.get('/v1/routes')).routes.find(({ feature }: { feature: string }) => feature === 'labels')
        .readPercent;
    expect(await percent()).toBe(10);
    await stranger.stop();
    await until(async () => (await percent()) === 100);

    // Its service moved: new requests go to the new address, with nothing restarted.
    await using moved = await serveText('labels, moved');
    const there = { service: { kind: 'http', addresses: [moved.url] }, routes: { 'GET /labels': {} } };
    await files.write('main', files.features({ labels: there }));
    expect(await reload()).toMatchObject({
      changes: [{ path: 'features.labels.service.addresses', effect: 'now' }],
      behind: [],
    });
    expect(await (await fetch(`${router.router.url}/labels`)).text()).toBe('labels, moved');
    await router.stop();
    await control.stop();
  });
});
