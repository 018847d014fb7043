import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import createKnex, { type Knex } from 'knex';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { createProcessedEvents, type DomainEvent, EventConsumer } from '../../../extracted/events/index.ts';
import { OutboxRows } from '../../../extracted/events/outbox-rows.ts';
import { productEvents, toState } from '../../../extracted/product/product-events.ts';
import { ProductStore } from '../../../extracted/product/product-store.ts';
import { findDebianProgram } from '../../../scripts/servers/find-debian-program.ts';
import { freePorts, type PrivateNats, startPrivateNats } from '../../../scripts/servers/index.ts';
import { describeEachEngine, describeOnEngine } from '../../support/databases.ts';
import { createProductDatabase, endpointOf } from '../../support/shop.ts';
import { type Program, startProgram } from '../../support/shop-process.ts';

const silent = pino({ level: 'silent' });
const nats = await findDebianProgram('nats-server').catch(() => null);
if (nats === null)
  console.warn('\n!!! No nats-server can be had: the events’ broker was LEFT OUT of this run.\n');

function open(stack: AsyncDisposableStack, database: DatabaseEndpoint): Knex {
  const driver = { charset: 'utf8mb4', timezone: 'Z', jsonStrings: true };
  const knex = createKnex({ client: 'mysql2', connection: { ...endpointOf(database), ...driver } });
  stack.defer(() => knex.destroy());
  return knex;
}

const wanted = (n: number) => ({
  shop_id: 1,
  sku: `E-${n}`,
  name: '이벤트',
  description: '',
  price: '10.00',
  status: 'live' as const,
  attributes: null,
});

describeEachEngine('the product service’s outbox', (lane) => {
  it('holds one event of each write that was committed, and of no other', async () => {
    await using stack = new AsyncDisposableStack();
    const database = open(stack, stack.use(await createProductDatabase(lane)));
    const store = new ProductStore({ database, clock: () => new Date(), events: true });
    const one = await store.create(wanted(1));
    await store.create(wanted(2));
    const id = Number(one.id);
    await expect(store.create(wanted(1))).rejects.toThrow('sku');
    await expect(store.update(id, { sku: 'E-2' })).rejects.toThrow('sku');
    await expect(store.update(999, { name: 'x' })).rejects.toThrow('no such product');
    await expect(store.delete(999)).rejects.toThrow('no such product');
    await store.update(id, { status: 'sold_out' });
    await store.update(id, { status: 'live', attributes: '{"a":1,"b":2}' });
    await store.delete(id);
    // Each takes the other's row first: whoever the server ends runs again.
    const second = Number(
      (await store.page({ after: 0, limit: 1 }, { remainingMs: () => undefined })).products[0]!.id,
    );
    await Promise.all(Array.from({ length: 10 }, (_, n) => store.update(second, { name: `n${n}` })));

    const rows = await database('outbox').orderBy('id');
    const events = rows.map(({ body }) => JSON.parse(body) as DomainEvent<{ status: string; name: string }>);
    expect(events.slice(0, 5).map(({ type, op, key }) => [type, op, key])).toEqual([
      ['product.created', 'c', String(id)],
      ['product.created', 'c', String(second)],
      ['product.sold_out', 'u', String(id)],
      ['product.restocked', 'u', String(id)],
      ['product.deleted', 'd', String(id)],
    ]);
    expect(events[3]).toMatchObject({
      before: { status: 'sold_out' },
      after: { id, status: 'live', price: '10.00', attributes: '{"a":1,"b":2}' },
    });
    expect(events[4]).toMatchObject({ before: { id, sku: 'E-1' }, after: null });
    // Each begins where the one before it ended.
    const names = events.slice(5);
    expect(names).toHaveLength(10);
    for (const [n, { before }] of names.entries()) {
      expect(before?.name).toBe(n === 0 ? '이벤트' : names[n - 1]!.after?.name);
    }
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(15);
    const off = new ProductStore({ database, clock: () => new Date(), events: false });
    await off.update(second, { name: 'quiet' });
    expect(await database('outbox')).toHaveLength(15);
  });
});

describeEachEngine('the watermark of an outbox', (lane) => {
  it('counts no event that waits, though others are sent before it and more keep coming', async () => {
    await using stack = new AsyncDisposableStack();
    const database = open(stack, stack.use(await createProductDatabase(lane)));
    const store = new ProductStore({ database, clock: () => new Date(), events: true });
    const rows = new OutboxRows(database, productEvents);
    const told = async () =>
      ((await rows.watermark())?.body as { told_until: number } | undefined)?.told_until;
    const send = async (at: number) =>
      rows.mark([{ row: (await rows.pending(10))[at]!.row, streamSeq: 1 }], new Date());

    const [before, nothing] = [Date.now(), await told()];
    expect(nothing).toBeGreaterThanOrEqual(before);
    // Two wait: what is known is what was told before them.
    await store.create(wanted(1));
    await store.create(wanted(2));
    const looked = Date.now();
    expect(await told()).toBe(nothing);
    // The second one alone is sent, and a third one comes.
    await send(1);
    await store.create(wanted(3));
    const third = Date.now();
    expect(await told()).toBe(undefined);
    // All that waited at the look is sent; the third one came after it.
    await send(0);
    const behind = await told();
    expect([behind! >= looked, behind! <= third]).toEqual([true, true]);
    await send(0);
    expect(await told()).toBeGreaterThanOrEqual(third);
  });
});

describeOnEngine('mariadb', 'events by NATS JetStream', (lane) => {
  it.skipIf(nats === null)(
    'have each effect exactly once and in the order of each key, whoever is killed and though the broker loses its disk',
    async () => {
      await using stack = new AsyncDisposableStack();
      const folder = await mkdtemp(join(tmpdir(), 'banyan-events-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      const [port] = (await freePorts(1)) as [number];
      let broker: PrivateNats = await startPrivateNats({ dataDir: folder, port });
      stack.defer(() => broker.stop('SIGKILL'));

      const serviceDatabase = stack.use(await createProductDatabase(lane));
      const service = open(stack, serviceDatabase);
      const store = new ProductStore({ database: service, clock: () => new Date(), events: true });
      const outbox = () => service('outbox').orderBy('id');
      const pending = async () =>
        Number((await service('outbox').whereNull('published_at').count({ n: '*' }))[0]!.n);

      // What an event does here: a line in a ledger, which would tell of a second time.
      const effects = open(stack, stack.use(await lane.createDatabase('a', 'effects')));
      await createProcessedEvents(effects);
      await effects.schema.createTable('effects', (table) => {
        table.increments('id');
        table.string('event_id', 36).notNullable();
        table.string('event_key', 64).notNullable();
      });
      let delivered = 0;
      let refused = 0;
      const consuming = new AbortController();
      const consumers = ['first', 'second'].map(() =>
        new EventConsumer({
          database: effects,
          broker: broker.url,
          stream: productEvents,
          name: 'ledger',
          log: silent,
          handle: async (event, transaction) => {
            delivered += 1;
            await transaction('effects').insert({ event_id: event.id, event_key: event.key });
            // An effect that fails on the way is undone, with its event's mark.
            if (delivered % 17 === 0) {
              refused += 1;
              throw new Error('this time not');
            }
          },
        }).run(consuming.signal),
      );
      stack.defer(async () => {
        consuming.abort();
        await Promise.all(consumers);
      });
      const effectCount = async () => Number((await effects('effects').count({ n: '*' }))[0]!.n);

      const env = {
        NATS_URL: broker.url,
        PRODUCT_DB_HOST: serviceDatabase.host,
        PRODUCT_DB_PORT: String(serviceDatabase.port),
        PRODUCT_DB_USER: serviceDatabase.user,
        PRODUCT_DB_PASSWORD: serviceDatabase.password,
        PRODUCT_DB_NAME: serviceDatabase.database,
      };
      const relay = (): Program => stack.use(startProgram('extracted/product/outbox.ts', env, ['relay']));

      let made = 0;
      const ids: number[] = [];
      /** Six writes: two products, two changes of each, made side by side. */
      const write = async () => {
        const pair = await Promise.all([0, 1].map(() => store.create(wanted(made++))));
        ids.push(...pair.map(({ id }) => Number(id)));
        for (const price of ['11.00', '12.00']) {
          await Promise.all(pair.map(({ id }) => store.update(Number(id), { price })));
        }
      };

      // Killed between the broker's acknowledgement and the mark.
      await write();
      const halting = stack.use(startProgram('test/support/halting-relay.ts', env));
      expect(await halting.ready).toEqual({ halted: true });
      halting.kill('SIGKILL');
      await halting.ended;
      expect(await pending()).toBe(6);
      await expect.poll(effectCount, { timeout: 60_000 }).toBe(6);
      // Two relays: one sends, the other stands by.
      const first = relay();
      relay();
      await expect.poll(pending, { timeout: 60_000 }).toBe(0);
      await write();
      first.kill('SIGKILL');
      await write();
      await expect.poll(effectCount, { timeout: 60_000 }).toBe(18);

      // The broker is killed: writes go on, and their events wait.
      await broker.stop('SIGKILL');
      await write();
      expect(await pending()).toBeGreaterThanOrEqual(6);
      broker = await startPrivateNats({ dataDir: folder, port });
      await expect.poll(pending, { timeout: 60_000 }).toBe(0);
      await expect.poll(effectCount, { timeout: 60_000 }).toBe(24);

      // It loses its disk, with events on it that nobody had taken, and others that all had.
      await broker.stop('SIGKILL');
      await write();
      await rm(join(folder, 'jetstream'), { recursive: true });
      await service('outbox')
        .whereNull('published_at')
        .update({ published_at: new Date(), stream_seq: 1_000 });
      await write();
      broker = await startPrivateNats({ dataDir: folder, port });
      await expect.poll(pending, { timeout: 60_000 }).toBe(0);
      await expect.poll(effectCount, { timeout: 60_000 }).toBe(36);

      // By hand: all of them once more, and nothing happens twice.
      const again = startProgram('extracted/product/outbox.ts', env, ['republish', '--json']);
      expect(JSON.parse((await again.ended).stdout)).toEqual({ events: 36, dryRun: false });
      // Larger than what a broker takes unless it is told.
      await store.update(ids[0]!, { attributes: JSON.stringify({ text: 'x'.repeat(1_000_000) }) });
      await store.update(ids[0]!, { price: '13.00' });
      await expect.poll(pending, { timeout: 60_000 }).toBe(0);
      await expect.poll(effectCount, { timeout: 60_000 }).toBe(38);

      const sent = await outbox();
      const happened = await effects('effects').orderBy('id');
      expect(happened.map((row) => row.event_id).sort()).toEqual(sent.map((row) => row.event_id).sort());
      for (const id of ids) {
        const ofKey = (rows: typeof sent) =>
          rows.filter((row) => row.event_key === String(id)).map((row) => row.event_id);
        expect(ofKey(happened)).toEqual(ofKey(sent));
        const last = sent.filter((row) => row.event_key === String(id)).at(-1);
        const row = await service('products').where({ id }).first();
        expect(JSON.parse(last.body).after).toEqual(toState(row));
      }
      expect(refused).toBeGreaterThan(0);

      // Until when all is told is said beside the stream, with the place in it that counts the last event.
      const listener = await connect({ servers: broker.url });
      stack.defer(() => listener.close());
      const marks = listener.subscribe('watermarks.events.product');
      await store.update(ids[0]!, { price: '14.00' });
      const written = Date.now();
      let mark: { told_until: number; stream: { name: string; seq: number } } | undefined;
      for await (const message of marks) {
        mark = message.json();
        if (mark!.told_until >= written) break;
      }
      const [latest] = await service('outbox').orderBy('id', 'desc').limit(1);
      expect(mark!.stream.name).toBe(productEvents.name);
      expect(mark!.stream.seq).toBeGreaterThanOrEqual(Number(latest.stream_seq));
    },
  );
});
