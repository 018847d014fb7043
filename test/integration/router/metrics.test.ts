import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

/** One sample of Prometheus' text format (0.0.4), or null for a comment. */
const line =
  /^(?:# (?:HELP|TYPE) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|Inf)|NaN)(?: \d+)?)$/i;

const failing = {
  status: 503,
  rawHeaders: [],
  body: null,
  failure: { code: 'BANYAN_RPC_UNAVAILABLE', message: 'connect refused' },
};

let gate: ReturnType<typeof deferred<void>>;
let legacy: Awaited<ReturnType<typeof startUpstream>>;
let stage: Awaited<ReturnType<typeof startStage>>;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  gate = deferred<void>();
  lines = [];
  let resets = 0;
  legacy = await startUpstream(async (request, response) => {
    if (request.url === '/slow') await gate.promise;
    if (request.url === '/broken') return void response.write('half', () => response.destroy());
    if (request.url === '/flaky' && resets++ === 0) return void request.socket.resetAndDestroy();
    response.end('ok');
  });
  stage = await startStage(legacy.url, {
    admin: { host: '127.0.0.1', port: 0 },
    accessLog: { sample: 0 },
    logger: pino({}, { write: (text: string) => lines.push(JSON.parse(text)) }),
    identity: ['header:x-user-id'],
    table: table({
      routes: [
        route('GET /things/:id', { readPercent: 100 }),
        route('GET /moved/:id', { readPercent: 100, policy: { fallback: false } }),
        route('POST /things'),
      ],
    }),
  });
});
afterEach(async () => {
  gate.resolve();
  await stage[Symbol.asyncDispose]();
  await legacy[Symbol.asyncDispose]();
});

async function metrics(): Promise<string> {
  return (await fetch(`${stage.router.adminUrl}/metrics`)).text();
}

/** The samples of banyan's own families, by name and labels. */
async function samples(): Promise<Record<string, number>> {
  const own = (await metrics()).split('\n').filter((text) => text.startsWith('banyan_'));
  return Object.fromEntries(
    own.map((text) => [
      text.slice(0, text.lastIndexOf(' ')),
      Number(text.slice(text.lastIndexOf(' ') + 1).replace('+Inf', 'Infinity')),
    ]),
  );
}

describe('metrics', () => {
  it('count what happens, each under its name', async () => {
    stage.service.answer = () => failing;
    await (await fetch(`${stage.url}/things/1`)).text();
    await (await fetch(`${stage.url}/moved/1`)).text();
    await (await fetch(`${stage.url}/a//b`)).text();
    await (await fetch(`${stage.url}/flaky`)).text();
    const leaving = new AbortController();
    const left = fetch(`${stage.url}/slow`, { signal: leaving.signal });
    await expect.poll(samples).toMatchObject({
      banyan_requests_in_flight: 1,
      [`banyan_upstream_pending{address="${legacy.url}"}`]: 1,
    });
    leaving.abort();
    await expect(left).rejects.toThrow();
    const hold = stage.link.put({ features: [feature({ hold: true, inTransition: true })] });
    await stage.link.report((report) => report.drained.thing === hold);
    const held = fetch(`${stage.url}/things`, { method: 'POST', body: 'x'.repeat(100) });
    await expect.poll(samples).toMatchObject({ banyan_requests_held: 1 });
    expect((await samples()).banyan_held_bytes).toBeGreaterThan(100);
    stage.link.put({ features: [feature()] });
    await (await held).text();
    await expect.poll(samples).toMatchObject({
      'banyan_requests_total{route="GET /things/:id",feature="thing",side="legacy",status="200"}': 1,
      'banyan_requests_total{route="GET /moved/:id",feature="thing",side="service",status="503"}': 1,
      'banyan_requests_total{route="",feature="",side="router",status="400"}': 1,
      'banyan_requests_total{route="POST /things",feature="thing",side="legacy",status="200"}': 1,
      'banyan_requests_total{route="",feature="",side="legacy",status="200"}': 1,
      'banyan_requests_total{route="",feature="",side="legacy",status="499"}': 1,
      'banyan_request_duration_seconds_count{route="POST /things",feature="thing",side="legacy"}': 1,
      banyan_holds_total: 1,
      banyan_fallbacks_total: 1,
      banyan_retries_total: 1,
      banyan_aborted_total: 1,
      banyan_requests_in_flight: 0,
      banyan_requests_held: 0,
      banyan_held_bytes: 0,
      banyan_upgraded_connections: 0,
      banyan_route_table_version: 3,
      banyan_lease_valid: 1,
      [`banyan_upstream_pending{address="${legacy.url}"}`]: 0,
      [`banyan_upstream_ejected{address="${legacy.url}"}`]: 0,
      [`banyan_upstream_healthy{address="${legacy.url}"}`]: 1,
    });
    const now = await samples();
    expect(now.banyan_hold_seconds_total).toBeGreaterThan(0);
    expect(now.banyan_client_connections).toBeGreaterThan(0);
    expect(now.banyan_route_table_age_seconds).toBeLessThan(10);
    stage.link.away = true;
    await expect.poll(async () => (await samples()).banyan_route_table_age_seconds).toBeGreaterThan(0.1);
  });

  it('are text that Prometheus reads, with buckets that add up', async () => {
    for (const path of ['/things/1', '/a"b\\c', '/free']) {
      const { port } = stage;
      const socket = connect({ port, host: '127.0.0.1' });
      socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      socket.resume();
      await once(socket, 'close');
    }
    const text = await metrics();
    const texts = text.trimEnd().split('\n');
    expect(texts.filter((one) => one !== '' && !line.test(one))).toEqual([]);
    const types = texts.filter((one) => one.startsWith('# TYPE')).map((one) => one.split(' ')[2]);
    expect(types.length).toBe(new Set(types).size);
    const now = await samples();
    const series = Object.keys(now).filter((name) =>
      name.startsWith('banyan_request_duration_seconds_count'),
    );
    expect(series.length).toBeGreaterThan(1);
    for (const name of series) {
      const labels = name.slice(name.indexOf('{') + 1, -1);
      const buckets = Object.entries(now)
        .filter(([key]) => key.startsWith(`banyan_request_duration_seconds_bucket{${labels},`))
        .map(([, value]) => value);
      expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
      expect(buckets.at(-1)).toBe(now[name]);
    }
  });
});

describe('the access log', () => {
  it('tells who broke an answer off', async () => {
    await fetch(`${stage.url}/broken`).then(
      (answer) => expect(answer.text()).rejects.toThrow(),
      () => undefined,
    );
    await expect.poll(() => lines.find(({ msg }) => msg === 'request')).toBeDefined();
    const line = lines.find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ status: 200, failure: 'BANYAN_UPSTREAM_BROKEN' });
    expect(line).not.toHaveProperty('aborted');
    expect(await samples()).toMatchObject({ banyan_aborted_total: 0 });
  });

  it('says of what did not go plainly where it went, why, and how long each part took, and no secret', async () => {
    stage.service.answer = () => failing;
    const headers = { 'x-user-id': '42', cookie: 'session=secret', 'x-request-id': 'r-1' };
    await (await fetch(`${stage.url}/things/1?token=secret`, { headers })).text();
    await expect.poll(() => lines.find(({ msg }) => msg === 'request')).toBeDefined();
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({
      requestId: 'r-1',
      method: 'GET',
      path: '/things/1',
      status: 200,
      client: '127.0.0.1',
      feature: 'thing',
      route: 'GET /things/:id',
      side: 'service',
      reason: 'read-100-percent',
      version: 1,
      ms: expect.any(Number),
      firstByteMs: expect.any(Number),
      fellBack: true,
    });
    expect(JSON.stringify(lines)).not.toContain('secret');
    // Ordinary requests are sampled, here never.
    await (await fetch(`${stage.url}/plain`)).text();
    await (await fetch(`${stage.url}/a//b`)).text();
    await expect.poll(() => lines.filter(({ msg }) => msg === 'request').length).toBe(2);
    expect(lines.at(-1)).toMatchObject({
      status: 400,
      failure: 'BANYAN_REQUEST_REFUSED',
      why: 'The request was refused: the path holds an empty segment.',
    });
  });
});
