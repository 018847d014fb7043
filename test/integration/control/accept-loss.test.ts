import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type RunningControl, startControl } from '../../../control/index.ts';
import { runCli } from '../../../scripts/cli/main.ts';
import { describeEachEngine, laneOf } from '../../support/databases.ts';
import { RestorableServer } from '../../support/restorable-server.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, openSides, type ParcelWorld } from './parcel-world.ts';

const why = 'the test says so';

/** `banyan …` as ops run it, from a config file of their own. */
async function commandLine(world: ParcelWorld, control: RunningControl) {
  const { config } = world;
  const folder = dirname(config.file);
  const idl = 'service Parcels { string getParcel(1: string code) (api.get = "/parcels/:code") }';
  await writeFile(join(folder, 'routes.thrift'), idl);
  const written = {
    databases: config.databases,
    state: { database: 'legacy', schema: config.state.database },
    legacy: { addresses: config.legacy.addresses, database: 'legacy' },
    control: { tokenFile: config.control.tokenFile },
    features: {
      parcels: {
        service: { idl: './routes.thrift', name: 'Parcels', addresses: ['127.0.0.1:1'] },
        ...{ database: 'service', tables: ['parcels', 'parcel_events'], capture: 'binlog' },
      },
    },
  };
  await writeFile(config.file, `export default ${JSON.stringify(written)};\n`);
  return async (...args: string[]) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const said = Promise.all([text(stdout), text(stderr)]);
    const { signal } = new AbortController();
    const code = await runCli(args, {
      stdout,
      stderr,
      env: { BANYAN_CONTROL_URL: control.url },
      directory: folder,
      signal,
    });
    stdout.end();
    stderr.end();
    const [out, err] = await said;
    return { code, out, err };
  };
}

describeEachEngine('banyan rollback --accept-loss, capture from the binary log', ({ engine, servers }) => {
  test('counts what waits in the binary log; goes home for `unknown` alone once that was purged', async () => {
    await using server = await RestorableServer.start(engine);
    await using world = await createParcelWorld(
      laneOf(engine, { a: servers.a, b: server.place }),
      20,
      false,
      'binlog',
    );
    const start = async () => {
      const control = await startControl(world.config);
      const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
      const feature = async () => (await admin.get('/v1/status')).features[0];
      return { control, admin, feature, banyan: await commandLine(world, control) };
    };
    let { control, admin, feature, banyan } = await start();
    await admin.run('/v1/features/parcels/copy', { why });
    await admin.run('/v1/features/parcels/cutover', { why });
    await until(async () => (await feature()).otherSide === 'current');

    // Nobody reads the service's binary log meanwhile: what is in it counts all the same.
    await admin.post('/v1/features/parcels/pause', { why });
    await world.query('service', "UPDATE parcels SET note = 'late' WHERE code IN ('seed-1', 'seed-2')");
    const dry = await banyan('rollback', 'parcels', '--accept-loss', '1', '--dry-run', '--json');
    expect(dry.code).toBe(1);
    const { loss, gate, wouldBegin } = JSON.parse(dry.out);
    expect({ wouldBegin, keys: loss.keys, reached: loss.reached }).toEqual({
      ...{ wouldBegin: false, keys: 2, reached: true },
    });
    expect(loss.tables[0].list.map((one: { key: object }) => one.key)).toEqual([{ id: '2' }, { id: '3' }]);
    expect(gate.find(({ check }: { check: string }) => check === 'loss')).toMatchObject({
      fix: expect.stringContaining('--accept-loss 2`'),
    });
    const refused = await banyan('rollback', 'parcels', '--accept-loss', '1', '--why', why, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('BANYAN_LOSS_REFUSED');
    expect(refused.err).toContain('`banyan rollback parcels --accept-loss 2`');
    expect(await openSides(world)).toEqual(['service']);

    // The server threw the log away before anybody who is alive had read it: no number is enough.
    await control.stop();
    await world.query('service', 'FLUSH BINARY LOGS');
    // One that somebody still reads is left where it is: the server may not have noticed yet that control is gone.
    await until(async () => {
      const logs = await world.query('service', 'SHOW BINARY LOGS');
      await world.query('service', `PURGE BINARY LOGS TO '${logs.at(-1)?.Log_name}'`);
      return logs.length === 1;
    });
    ({ control, admin, feature, banyan } = await start());
    const more = await banyan('rollback', 'parcels', '--accept-loss', '1000', '--why', why, '--yes');
    expect(more).toMatchObject({ code: 1, err: expect.stringContaining('--accept-loss unknown`') });
    const without = await banyan('rollback', 'parcels', '--accept-loss', 'unknown');
    expect(without.err).toMatch(/--why: is missing[\s\S]*--yes: is missing/);
    expect(await feature()).toMatchObject({ stage: 'extracted', handover: null });

    const gone = ['rollback', 'parcels', '--accept-loss', 'unknown', '--why', 'the log was purged', '--yes'];
    const home = await banyan(...gone);
    expect(home).toMatchObject({ code: 0, out: expect.stringContaining('the service is given up') });
    expect(home.out).toContain('legacy may lack any number of writes');
    expect(await openSides(world)).toEqual(['legacy']);
    expect(await feature()).toMatchObject({ stage: 'legacy', lost: { accepted: 'unknown', keys: null } });
    expect(await world.query('legacy', "SELECT code FROM parcels WHERE note = 'late'")).toEqual([]);
    await control.stop();
  });
});
