import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { defaultJudgeSettings, judgeDifferences } from '../../../control/diff/judge-differences.ts';
import { defaultCompareSettings } from '../../../router/shadow/compare/index.ts';
import type { ShadowRouting } from '../../../router/shadow/shadow-routing.ts';
import { mergeTallies, type RouteTally } from '../../../router/shadow/tally/index.ts';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const get = 'GET /things/:id';
const json = ['Content-Type', 'application/json'];

function shadowed(over: Partial<ShadowRouting> = {}, at: Parameters<typeof feature>[0] = {}) {
  const shadow: ShadowRouting = {
    run: 'r1',
    percent: 100,
    repeatPercent: 20,
    compare: defaultCompareSettings,
    sampleLifeMs: 60_000,
    ...over,
  };
  return table({
    features: [feature({ stage: 'syncing', shadow, ...at })],
    routes: [route(get), route('POST /things'), route('DELETE /things/:id')],
  });
}

const jsonListener =
  (body: (id: string) => unknown): RequestListener =>
  (request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body(request.url!.split('/').at(-1)!)));
  };

const product = (id: string) => ({ id: Number(id), price: 9.5, name: `thing ${id}`, drawn: Math.random() });

/** A stage whose service answers with `body`; the sides are current at all times. */
async function startShadowed(
  legacy: string,
  body: (id: string) => unknown,
  options: NonNullable<Parameters<typeof startStage>[1]> = {},
) {
  const { shadow, ...rest } = options;
  // A busy machine is no reason to leave anything out here.
  const settings = { reportMs: 40, maxLagMs: 60_000, maxQueued: 1_000, settleMs: 60_000, ...shadow };
  const stage = await startStage(legacy, { table: shadowed(), ...rest, shadow: settings });
  stage.link.currentAgoMs = { thing: 0 };
  stage.service.answer = ({ path }) => ({
    status: 200,
    rawHeaders: [...json],
    body: Buffer.from(JSON.stringify(body(path.split('/').at(-1)!))),
  });
  /** The route's tally once it passes the test. */
  const tally = async (test: (one: RouteTally) => boolean, id = get): Promise<RouteTally> => {
    const told = (report: {
      counted?: readonly { shadow: { tally: Readonly<Record<string, RouteTally>> } | null }[];
    }) => report.counted?.[0]?.shadow?.tally[id];
    const passes = (report: Parameters<typeof told>[0]) => told(report) !== undefined && test(told(report)!);
    const report = stage.link.reports.findLast(passes) ?? (await stage.link.report(passes));
    return told(report)!;
  };
  return { ...stage, tally, [Symbol.asyncDispose]: () => stage.router.stop() };
}

test('known differences are found, noise is not reported, and clients get legacy’s answer', async () => {
  await using legacy = await startUpstream(jsonListener(product));
  await using stage = await startShadowed(legacy.url, (id) => ({
    ...product(id),
    price: '9.50',
    name: Number(id) % 10 === 0 ? `thing ${id} ` : `thing ${id}`,
    extra: true,
  }));
  for (let id = 1; id <= 200; id++) {
    const answer = await (await fetch(`${stage.url}/things/${id}`)).json();
    expect(answer).toMatchObject({ id, price: 9.5, name: `thing ${id}` });
  }
  const tally = await stage.tally(({ compared }) => compared === 200);
  const [judged] = judgeDifferences({ [get]: tally }, defaultJudgeSettings);
  const verdicts = Object.fromEntries(
    judged!.paths.map(({ path, kind, verdict }) => [`${kind} ${path}`, verdict]),
  );
  expect(verdicts).toEqual({
    'presence body.extra': 'different',
    'type body.price': 'different',
    'value body.name': 'different',
    'value body.drawn': 'noise',
  });
  expect(tally.samples['value body.name']![0]).toMatchObject({
    legacy: expect.stringMatching(/^"thing \d+0"$/),
    persisted: true,
  });
  // Nobody is asked whether a shadow may be shadowed: it says so itself.
  expect(stage.service.asked.every(({ rawHeaders }) => rawHeaders.includes('X-Banyan-Shadow'))).toBe(true);
});

test('the other way round: the service answers, legacy is the shadow', async () => {
  await using legacy = await startUpstream(jsonListener((id) => ({ id, from: 'legacy' })));
  const routes = [route(get, { readPercent: 100 })];
  const way = { ...shadowed(), routes };
  await using stage = await startShadowed(legacy.url, (id) => ({ id, from: 'service' }), { table: way });
  for (let id = 1; id <= 20; id++) {
    expect(await (await fetch(`${stage.url}/things/${id}`)).json()).toEqual({
      id: String(id),
      from: 'service',
    });
  }
  const { samples, paths } = await stage.tally(({ compared }) => compared === 20);
  expect(paths['value body.from']).toMatchObject({ differed: 20, persisted: 20, wavered: 0 });
  expect(samples['value body.from']![0]).toMatchObject({ legacy: '"legacy"', service: '"service"' });
});

describe('what a shadow never does', () => {
  test('it writes nothing, follows no other shadow and asks nothing twice of who has seen it before', async () => {
    await using legacy = await startUpstream(jsonListener(product));
    await using stage = await startShadowed(legacy.url, product);
    await fetch(`${stage.url}/things`, { method: 'POST', body: '{}' });
    await fetch(`${stage.url}/things/1`, { method: 'DELETE' });
    await fetch(`${stage.url}/things/2`, { headers: { 'x-banyan-shadow': '1' } });
    await fetch(`${stage.url}/things/3`, { headers: { 'if-none-match': '"a"' } });
    await fetch(`${stage.url}/things/4`, { headers: { range: 'bytes=0-3' } });
    await fetch(`${stage.url}/things/5`);
    await stage.tally(({ compared }) => compared === 1);
    expect(stage.service.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
      stage.service.asked.map(() => 'GET /things/5'),
    );
  });

  test('a write is shadowed where it is asked for, with the sandbox’s field', async () => {
    await using legacy = await startUpstream((_request, response) => response.writeHead(204).end());
    const sandbox = { name: 'x-sandbox', value: 'yes' };
    await using stage = await startShadowed(legacy.url, product, { table: shadowed({ sandbox }) });
    stage.service.answer = () => ({ status: 204, rawHeaders: [], body: null });
    expect((await fetch(`${stage.url}/things/1`, { method: 'DELETE' })).status).toBe(204);
    await stage.tally(({ compared }) => compared === 1, 'DELETE /things/:id');
    expect(stage.service.asked[0]!.rawHeaders.join()).toContain('x-sandbox,yes');
  });

  test('a write’s body goes to the other side whole, and the side that executed it is never asked again', async () => {
    await using legacy = await startUpstream((request, response) => {
      request
        .resume()
        .on('end', () => response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"id":1}'));
    });
    const sandbox = { name: 'x-sandbox', value: 'yes' };
    await using stage = await startShadowed(legacy.url, () => ({ id: 2 }), {
      table: shadowed({ sandbox, repeatPercent: 100 }),
      shadow: { bodyBytes: 100_000 },
    });
    const send = (body: string | ReadableStream) =>
      fetch(`${stage.url}/things`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    const large = 'x'.repeat(90_000);
    expect((await send(large)).status).toBe(201);
    expect((await send(new Blob(['in ', 'chunks']).stream())).status).toBe(201);
    expect((await send('y'.repeat(100_001))).status).toBe(201);
    const { paths, omitted, repeated } = await stage.tally(
      ({ compared, omitted }) => compared === 2 && omitted['request-not-kept'] === 1,
      'POST /things',
    );
    const bodies = stage.service.asked.map(({ body }) => body?.toString());
    expect(bodies.sort()).toEqual(['in chunks', large]);
    expect(legacy.requests).toHaveLength(3);
    expect(omitted).toEqual({ 'request-not-kept': 1 });
    expect(repeated).toBe(0);
    // Nobody looked again: that it is no noise is not known.
    expect(paths['value body.id']).toMatchObject({ differed: 2, persisted: 0, wavered: 0 });
  });

  test('where both sides know the sandbox, differences of writes are looked at again', async () => {
    const fields: string[] = [];
    await using legacy = await startUpstream((request, response) => {
      fields.push(String(request.headers['x-sandbox']));
      request
        .resume()
        .on('end', () => response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"id":1}'));
    });
    const sandbox = { name: 'x-sandbox', value: 'yes', both: true };
    await using stage = await startShadowed(legacy.url, () => ({ id: 2 }), { table: shadowed({ sandbox }) });
    await fetch(`${stage.url}/things`, { method: 'POST', body: 'a thing' });
    const { paths } = await stage.tally(({ compared }) => compared === 1, 'POST /things');
    expect(paths['value body.id']).toMatchObject({ persisted: 1 });
    expect(fields[0]).toBe('undefined');
    expect(new Set(fields.slice(1))).toEqual(new Set(['yes']));
  });

  test('a service that hangs holds no client up, and costs no more than its bounds', async () => {
    await using legacy = await startUpstream(jsonListener(product));
    const shadow = { maxConcurrent: 2, maxQueued: 3, deadlineMs: 300 };
    await using stage = await startShadowed(legacy.url, product, { shadow });
    const hanging: number[] = [];
    stage.service.answer = (_input, signal) => {
      hanging.push(stage.service.asked.length);
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      ).catch(() => ({
        status: 504,
        rawHeaders: [],
        body: null,
      })) as never;
    };
    const began = performance.now();
    await Promise.all(
      Array.from({ length: 40 }, async (_, id) => (await fetch(`${stage.url}/things/${id}`)).json()),
    );
    // Two at a time with 300 ms each would have taken six seconds.
    expect(performance.now() - began).toBeLessThan(3_000);
    const { omitted } = await stage.tally(
      ({ omitted: one }) => (one['queue-full'] ?? 0) + (one['no-answer'] ?? 0) === 40,
    );
    expect(omitted['no-answer']).toBeLessThanOrEqual(10);
    expect(omitted['queue-full']).toBeGreaterThanOrEqual(30);
  });

  test('a service that refuses or breaks off is no difference and no client’s failure', async () => {
    await using legacy = await startUpstream(jsonListener(product));
    await using stage = await startShadowed(legacy.url, product);
    stage.service.answer = () => ({
      status: 503,
      rawHeaders: [],
      body: null,
      failure: { code: 'BANYAN_SERVICE_UNAVAILABLE', message: 'refused' },
    });
    expect((await fetch(`${stage.url}/things/1`)).status).toBe(200);
    const { compared, omitted } = await stage.tally(({ omitted: one }) => one['no-answer'] === 1);
    expect({ compared, omitted }).toEqual({ compared: 0, omitted: { 'no-answer': 1 } });
  });
});

test('nothing is compared while the event loop is late', async () => {
  await using legacy = await startUpstream(jsonListener(product));
  await using stage = await startShadowed(legacy.url, product, { shadow: { maxLagMs: 100 } });
  // Stands still for longer than that; the request is there when it goes on.
  const answer = fetch(`${stage.url}/things/1`);
  for (const until = performance.now() + 400; performance.now() < until; );
  expect((await answer).status).toBe(200);
  const { compared } = await stage.tally(({ omitted }) => omitted.busy === 1);
  expect(compared).toBe(0);
  expect(stage.service.asked).toEqual([]);
});

test('the admin port counts what was compared and what not, by route', async () => {
  await using legacy = await startUpstream(jsonListener(product));
  await using stage = await startShadowed(legacy.url, (id) => ({ ...product(id), price: 10 }), {
    admin: { host: '127.0.0.1', port: 0 },
  });
  const metrics = async () => (await fetch(`${stage.router.adminUrl}/metrics`)).text();
  const of = `{route="${get}",feature="thing"`;
  await (await fetch(`${stage.url}/things/1`)).text();
  // The first is compared before the service answers otherwise.
  await expect.poll(metrics).toContain(`banyan_shadow_compared_total${of}} 1\n`);
  stage.service.answer = () => ({ status: 200, rawHeaders: [...json], body: Buffer.alloc(300_000, 0x20) });
  await (await fetch(`${stage.url}/things/2`)).text();
  await expect.poll(metrics).toContain(`banyan_shadow_omitted_total${of},why="body-too-large"} 1\n`);
  const text = await metrics();
  expect(text).toContain(`banyan_shadow_compared_total${of}} 1\n`);
  expect(text).toContain(`banyan_shadow_differing_total${of}} 1\n`);
  for (const state of ['pending', 'queued', 'asking'])
    expect(text).toContain(`banyan_shadow_requests{state="${state}"} 0\n`);
});

test('large answers are left out, and so are those that the table changed under', async () => {
  await using legacy = await startUpstream(jsonListener((id) => (id === '1' ? 'x'.repeat(5_000) : { id })));
  await using stage = await startShadowed(legacy.url, (id) => ({ id }), { shadow: { bodyBytes: 1_000 } });
  expect(await (await fetch(`${stage.url}/things/1`)).text()).toHaveLength(5_002);
  await stage.tally(({ omitted }) => omitted['body-too-large'] === 1);
  const asked = deferred();
  const go = deferred();
  stage.service.answer = async () => {
    asked.resolve();
    await go.promise;
    return { status: 200, rawHeaders: [...json], body: Buffer.from('{"id":"2"}') };
  };
  await fetch(`${stage.url}/things/2`);
  await asked.promise;
  const version = stage.link.put({});
  await stage.link.confirmed(version);
  go.resolve();
  const { compared } = await stage.tally(({ omitted }) => omitted['table-changed'] === 1);
  expect(compared).toBe(0);
});

describe('data that is behind', () => {
  test('a difference that is gone once both sides hold the same is none', async () => {
    await using legacy = await startUpstream(jsonListener(() => ({ stock: 7 })));
    let applied = false;
    await using stage = await startShadowed(legacy.url, () => ({ stock: applied ? 7 : 6 }));
    // The state store has not seen the sides alike for an hour.
    stage.link.currentAgoMs = { thing: 3_600_000 };
    await fetch(`${stage.url}/things/1`);
    await expect.poll(() => stage.service.asked.length).toBe(1);
    applied = true;
    stage.link.currentAgoMs = { thing: 0 };
    const { paths, samples } = await stage.tally(({ compared }) => compared === 1);
    expect(paths['value body.stock']).toMatchObject({ differed: 1, persisted: 0, settled: 1 });
    expect(samples).toEqual({});
  });

  test('where nobody knows when they do, it is not counted at all', async () => {
    await using legacy = await startUpstream(jsonListener(() => ({ stock: 7 })));
    await using stage = await startShadowed(legacy.url, () => ({ stock: 6 }), { shadow: { settleMs: 50 } });
    stage.link.currentAgoMs = { thing: 3_600_000 };
    await fetch(`${stage.url}/things/1`);
    const { compared, paths } = await stage.tally(({ omitted }) => omitted['data-behind'] === 1);
    expect({ compared, paths }).toEqual({ compared: 0, paths: {} });
  });
});

test('a compressed answer is compared by its content', async () => {
  await using legacy = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    response.end(gzipSync('{"a": 1, "b": 2}'));
  });
  await using stage = await startShadowed(legacy.url, () => ({ b: 2, a: 1 }));
  await fetch(`${stage.url}/things/1`);
  const { differing, paths } = await stage.tally(({ compared }) => compared === 1);
  expect({ differing, paths }).toEqual({ differing: 0, paths: {} });
});

test('a share of the clients is shadowed, always the same ones, and a new run begins from nothing', async () => {
  await using legacy = await startUpstream(jsonListener(product));
  await using stage = await startShadowed(legacy.url, product, {
    table: shadowed({ percent: 30 }),
    identity: ['header:x-user'],
  });
  const ask = (user: number) => fetch(`${stage.url}/things/${user}`, { headers: { 'x-user': String(user) } });
  for (let round = 0; round < 2; round++)
    for (let user = 0; user < 60; user++) await (await ask(user)).text();
  const asked = () => new Set(stage.service.asked.map(({ path }) => path));
  const first = await stage.tally(({ compared }) => compared >= 2 * asked().size && asked().size > 0);
  expect(asked().size).toBeGreaterThan(5);
  expect(asked().size).toBeLessThan(35);
  expect(first.compared).toBe(2 * asked().size);
  await stage.link.confirmed(stage.link.put(shadowed({ run: 'r2' })));
  await (await ask(1)).text();
  expect((await stage.tally(({ compared }) => compared === 1)).compared).toBe(1);
});

test('the last counts reach the store when a router stops, and those of two routers add up', async () => {
  await using legacy = await startUpstream(jsonListener(product));
  const tallies = [];
  for (let replica = 0; replica < 2; replica++) {
    const stage = await startShadowed(legacy.url, (id) => ({ ...product(id), price: 1 }));
    await (await fetch(`${stage.url}/things/${replica}`)).text();
    await expect.poll(() => stage.service.asked.length).toBeGreaterThan(1);
    // Both second looks are on their way or done: the stop waits for nothing, so let the tally be complete.
    await stage.tally(({ compared }) => compared === 1);
    await stage.router.stop();
    tallies.push(
      stage.link.reports.findLast(({ counted }) => counted !== undefined)!.counted![0]!.shadow!.tally,
    );
  }
  expect(mergeTallies(tallies)[get]).toMatchObject({
    compared: 2,
    paths: { 'value body.price': { differed: 2 } },
  });
});
