import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { startControl } from '../../../control/index.ts';
import type { CaptureKind } from '../../../mover/index.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { findDebianProgram } from '../../../scripts/servers/find-debian-program.ts';
import { freePorts, type PrivateNats, startPrivateNats } from '../../../scripts/servers/index.ts';
import { ChaosProxy } from '../../../scripts/soak/faults/chaos-proxy.ts';
import { administer } from '../../support/accounts.ts';
import { describeOnEngine, type Engine, type EngineLane } from '../../support/databases.ts';
import { FeedConsumer, type FeedMessage } from '../../support/feed-consumer.ts';
import { type Program, startProgram } from '../../support/shop-process.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, type ParcelWorld } from './parcel-world.ts';
import { ParcelWriter } from './parcel-writer.ts';
import { TinyRouter } from './tiny-router.ts';

const why = 'the test says so';
const nats = await findDebianProgram('nats-server').catch(() => null);
if (nats === null)
  console.warn('\n!!! No nats-server can be had: the change feed’s broker was LEFT OUT of this run.\n');

/** What a user would write of that world, for the command line, which reaches each side by a port of its own. */
async function writeConfig({ config }: ParcelWorld, ports: Readonly<Record<Side, number>>): Promise<string> {
  const { state, legacy } = config;
  const { capture } = config.features.parcels!;
  const file = join(dirname(config.file), 'feed.config.ts');
  const databases = {
    legacy: { ...config.databases.legacy!, port: ports.legacy },
    service: { ...config.databases.service!, port: ports.service },
  };
  const written = {
    databases,
    state: { database: 'legacy', schema: state.database },
    legacy: { addresses: legacy.addresses, database: 'legacy' },
    features: {
      parcels: {
        service: { kind: 'http', addresses: legacy.addresses },
        ...{
          database: 'service',
          tables: ['parcels', 'parcel_events'],
          routes: { 'GET /parcels': {} },
          feed: true,
          capture,
        },
      },
    },
  };
  await writeFile(file, `export default ${JSON.stringify(written)};\n`);
  return file;
}

/** All that the stream has, in its order. */
async function readStream(url: string): Promise<string[]> {
  const connection = await connect({ servers: url });
  try {
    const consumer = await jetstream(connection).consumers.get('BANYAN_CHANGES', {
      deliver_policy: DeliverPolicy.All,
    });
    const texts: string[] = [];
    for (let left = (await consumer.info()).num_pending; left > 0; ) {
      for await (const message of await consumer.fetch({ max_messages: Math.min(left, 500) })) {
        texts.push(message.string());
        left = message.info.pending;
      }
    }
    return texts;
  } finally {
    await connection.close();
  }
}

interface Life {
  readonly engine: Engine;
  readonly capture: CaptureKind;
  readonly end: 'abandon' | 'finish';
  /** The side whose server the relay cannot reach while the feature is ended. */
  readonly away: Side;
}

const lives: readonly Life[] = [
  { engine: 'mariadb', capture: 'triggers', end: 'abandon', away: 'service' },
  { engine: 'mysql', capture: 'binlog', end: 'finish', away: 'legacy' },
];

/** As an operator would: with the rights that it asks for. */
async function finish(admin: AdminClient, db: EngineLane): Promise<void> {
  const run = () => admin.run('/v1/features/parcels/finish', { why });
  const refused: Error = await run().then(
    () => Promise.reject(new Error('It was finished without the rights to rename tables.')),
    (error: Error) => error,
  );
  const grants = refused.message.match(/GRANT .*(?=;$)/gm) ?? [];
  expect([refused.message, grants.length]).toEqual([refused.message, 4]);
  await administer(db.servers.a, grants);
  expect((await run()).result.stage).toBe('finished');
}

describe.each(lives)('the change feed by NATS JetStream', ({ engine, capture, end, away }) => {
  describeOnEngine(engine, `${capture}, to its ${end}`, (db) => {
    it.skipIf(nats === null)(
      'gives a consumer the owner’s rows through copy, cutover and rollback, whoever is killed and though the broker loses its disk',
      async () => {
        await using stack = new AsyncDisposableStack();
        const folder = await mkdtemp(join(tmpdir(), 'banyan-feed-'));
        stack.defer(() => rm(folder, { recursive: true, force: true }));
        const [port] = (await freePorts(1)) as [number];
        let broker: PrivateNats = await startPrivateNats({ dataDir: folder, port });
        stack.defer(() => broker.stop('SIGKILL'));
        const world = stack.use(await createParcelWorld(db, 300, false, capture));
        const line = {
          legacy: stack.use(await ChaosProxy.open(db.servers.a.port)),
          service: stack.use(await ChaosProxy.open(db.servers.b.port)),
        };
        const { parcels } = world.config.features;
        const config = { ...world.config, features: { parcels: { ...parcels!, feed: true } } };
        const file = await writeConfig(world, { legacy: line.legacy.port, service: line.service.port });
        const banyan = (...args: string[]) =>
          startProgram('scripts/banyan.mjs', {}, ['feed', 'parcels', '--config', file, ...args]);
        const relay = (): Program => stack.use(banyan('--to', broker.url));
        const standing = async () => JSON.parse((await banyan('--json').ended).stdout);

        const control = await startControl(config);
        stack.defer(() => control.stop());
        const admin = await AdminClient.open(control.url, config.control.tokenFile);
        const router = new TinyRouter(config.state, 'parcels', 'tiny');
        await router.start();
        stack.defer(() => router.stop());
        const writer = new ParcelWriter(world, router, 2);
        stack.defer(() => writer.stop());
        const more = async () => {
          const before = writer.acknowledged.size;
          await until(() => writer.acknowledged.size > before + 20);
        };
        const hand = async (direction: 'cutover' | 'rollback') => {
          await admin.run(`/v1/features/parcels/${direction}`, { why });
          await more();
        };

        const first = relay();
        await first.ready;
        relay();
        await admin.run('/v1/features/parcels/copy', { why });
        await more();
        await hand('cutover');
        first.kill('SIGKILL');
        // No broker: nothing of a move waits for it.
        await broker.stop('SIGKILL');
        await hand('rollback');
        const status = await admin.get('/v1/status');
        expect(status.features[0].move.feed.waiting).toBeGreaterThan(0);
        await rm(join(folder, 'jetstream'), { recursive: true });
        broker = await startPrivateNats({ dataDir: folder, port });
        const snapshot = banyan('--snapshot', '--json');
        await hand('cutover');
        expect(JSON.parse((await snapshot.ended).stdout)).toMatchObject({
          tables: [{ table: 'parcel_events', rows: 600 }, { table: 'parcels' }],
        });
        await writer.stop();
        await until(async () => (await standing()).waiting === 0);

        // Watermarks follow all that was told; they are beside the stream, and name the place in it.
        const quiet = Date.now();
        const listener = await connect({ servers: broker.url });
        const marks = listener.subscribe('watermarks.changes.parcels');
        let mark: { readonly told_until: number; readonly stream: { readonly seq: number } } | undefined;
        for await (const message of marks) {
          mark = message.json();
          if ((mark?.told_until ?? 0) > quiet) break;
        }
        const { state } = await (await jetstreamManager(listener)).streams.info('BANYAN_CHANGES');
        await listener.close();
        expect(mark).toMatchObject({
          ...{ feature: 'parcels', tables: ['parcels', 'parcel_events'], side: 'service' },
          stream: { name: 'BANYAN_CHANGES', seq: state.last_seq },
        });
        const texts = await readStream(broker.url);
        const consumer = new FeedConsumer();
        for (const text of texts) consumer.apply(text);
        const byId = (one: { id?: unknown }, other: { id?: unknown }) => Number(one.id) - Number(other.id);
        for (const table of ['parcels', 'parcel_events']) {
          const rows = await world.query(
            'service',
            `SELECT * FROM ${table.replace('parcels', '(SELECT id, code, CAST(weight AS CHAR) AS weight, note, CAST(sent_at AS CHAR) AS sent_at FROM parcels) AS one')} ORDER BY id`,
          );
          expect(consumer.rows(table).toSorted(byId)).toEqual(rows.map((row) => ({ ...row })));
        }
        // The first copy of each message is in the order of its key, over all epochs.
        const seen = new Set<string>();
        const last = new Map<string, readonly [number, number]>();
        for (const { key, source } of texts.map((text) => JSON.parse(text) as FeedMessage)) {
          const at = [source.epoch, source.seq] as const;
          if (seen.has(String(at)) || seen.size === seen.add(String(at)).size) continue;
          const name = `${source.table} ${JSON.stringify(key)}`;
          const [epoch, seq] = last.get(name) ?? [0, 0];
          expect([epoch < at[0] || (epoch === at[0] && seq < at[1]), name]).toEqual([true, name]);
          last.set(name, at);
        }
        const sides = new Map(consumer.messages.map(({ source }) => [source.epoch, source.side]));
        expect([...sides.values()]).toEqual(['legacy', 'service', 'legacy', 'service']);

        // The end of the feature is the end of its feed, also for a relay that could not see it, with a broker that is frozen.
        const left = relay();
        await left.ready;
        if (end === 'abandon') await admin.run('/v1/features/parcels/rollback', { why });
        process.kill(broker.pid, 'SIGSTOP');
        line[away].setWeather('cut');
        if (end === 'abandon') await admin.run('/v1/features/parcels/abandon', { why, clean: true });
        else await finish(admin, db);
        const runsOn = wait(1_000, 'it waits for the server');
        expect(await Promise.race([left.ended, runsOn])).toBe('it waits for the server');
        line[away].setWeather('well');
        expect(await left.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('has ended') });
      },
    );
  });
});
