import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { isFenceRefusal } from '../../../common/fence-refusal.ts';
import { openSeams, type SeamLinkOptions, seam } from '../../../control/seam/index.ts';
import { MemoryLink } from '../../support/router/memory-link.ts';
import { deferred, feature, silent, table } from '../../support/router/router-stage.ts';

const state = { host: '', port: 0, user: '', password: '', database: '' };
const held = { hold: true, inTransition: true };
const refusal = () =>
  Object.assign(new Error('banyan fence: this table does not own its rows now'), { errno: 1644 });

async function openStage(options: Partial<SeamLinkOptions> = {}) {
  const store = new MemoryLink();
  store.table = table();
  const metrics = new Registry();
  const link = await openSeams({ ...{ state, link: store, logger: silent, metrics }, ...options });
  const put = async (change: Parameters<typeof feature>[0]) => {
    const version = store.put({ features: [feature(change)] });
    await expect.poll(() => link.table.current.version).toBe(version);
  };
  return { store, link, metrics, put, [Symbol.asyncDispose]: () => link.close() };
}

const code = (call: Promise<unknown>) => call.then(String, (error) => error.code ?? error.message);

test('a call goes to the owner; while that is decided a write waits and a read does not, and what is under way is waited for', async () => {
  await using stage = await openStage();
  const { store, link, put, metrics } = stage;
  const under = deferred();
  const options = { feature: 'thing', legacy: async () => 'legacy', service: async () => 'service' };
  const write = seam('thing.write', options, link);
  const read = seam('thing.read', { ...options, access: 'read' }, link);
  const long = seam('thing.long', { ...options, legacy: () => under.promise.then(write) }, link);
  expect([await write(), await read()]).toEqual(['legacy', 'legacy']);
  await expect.poll(() => store.reports.at(-1)?.services).toEqual(['thing']);

  const running = long();
  await put(held);
  const waiting = [write(), write()];
  await expect.poll(() => link.holds.size).toBe(2);
  expect(await read()).toBe('legacy');
  expect(store.reports.at(-1)?.drained).toEqual({});
  // A write within the write that the handover waits for is part of it, and does not wait for the handover.
  under.resolve();
  expect(await running).toBe('legacy');
  const drained = await store.report((report) => report.drained.thing !== undefined);
  expect(drained.drained.thing).toBe(store.table.version);
  await put({ owner: 'service', stage: 'extracted' });
  expect([...(await Promise.all(waiting)), await read()]).toEqual(['service', 'service', 'service']);
  const text = await metrics.metrics();
  expect(text).toContain('banyan_seam_calls_total{seam="thing.write",side="service",outcome="ok"} 2');

  // What a write left running when it ended is no part of it.
  const { promise: pause, resolve: go } = deferred();
  let later: Promise<string> | undefined;
  const service = async () => {
    later = pause.then(write);
  };
  const leaves = seam('thing.leaves', { feature: 'thing', legacy: service, service }, link);
  await leaves();
  await put({ ...held, owner: 'service' });
  go();
  await expect.poll(() => link.holds.size).toBe(1);
  await put({});
  expect(await later).toBe('legacy');
});

test('a call waits no longer than it may, for no more than may wait, and for no store that nobody can ask', async () => {
  await using stage = await openStage({ holdMs: 30, maxHeld: 1 });
  const { store, link, put } = stage;
  const write = seam(
    'thing.write',
    { feature: 'thing', legacy: async () => 1, service: async () => 2 },
    link,
  );
  await put(held);
  const first = code(write());
  expect(await code(write())).toBe('BANYAN_SEAM_HOLD_FULL');
  expect(await first).toBe('BANYAN_SEAM_HOLD_TIMEOUT');
  await put({});
  expect(await code(write())).toBe('1');
  await link.close();
  expect(await code(write())).toBe('BANYAN_SEAM_CLOSED');
  expect(store.left).toEqual([link.replica]);
  await expect(
    openStage({ link: Object.assign(new MemoryLink(), { away: true }), startTimeoutMs: 1 }),
  ).rejects.toThrow('there is no snapshot');
});

test('what the fence refuses is made again once the decision has moved, and no more than once', async () => {
  await using stage = await openStage();
  const { store, link, put, metrics } = stage;
  const sides: string[] = [];
  let meanwhile: () => Promise<unknown> | undefined = () => undefined;
  const refused = async () => {
    sides.push('legacy');
    await meanwhile();
    throw Object.assign(new Error('the ORM says'), { original: refusal() });
  };
  const options = { feature: 'thing', legacy: refused, service: async () => sides.push('service') };
  const write = seam('thing.write', options, link);
  // Nothing has moved.
  expect(await code(write())).toBe('BANYAN_SEAM_FENCED');
  expect(sides).toEqual(['legacy']);
  // The store has moved, and this process has not heard of it.
  meanwhile = async () => store.put({ features: [feature({ owner: 'service', stage: 'extracted' })] });
  expect(await code(write())).toBe('3');
  expect(sides).toEqual(['legacy', 'legacy', 'service']);
  await put({});
  const once = seam('thing.once', { ...options, retry: false }, link);
  expect(await code(once())).toBe('BANYAN_SEAM_FENCED');
  await put({});
  const stubborn = seam('thing.stubborn', { ...options, service: refused }, link);
  sides.length = 0;
  expect(await code(stubborn())).toBe('BANYAN_SEAM_FENCED');
  expect(sides).toHaveLength(2);
  const other = seam(
    'thing.other',
    { ...options, service: () => Promise.reject(new Error('sold out')) },
    link,
  );
  expect(await code(other())).toBe('sold out');
  expect(await metrics.metrics()).toContain('banyan_seam_retries_total{seam="thing.write"} 1');
  expect([isFenceRefusal(new Error('banyan fence: x')), isFenceRefusal(null)]).toEqual([false, false]);
});
