import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const write = (url: string, body: string, signal?: AbortSignal) =>
  fetch(`${url}/things`, { method: 'POST', body, ...(signal && { signal }) });

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe('a hold', () => {
  it('parks writes, serves reads, and releases to the new owner in order of arrival', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url);
    const { link, service, url, router } = stage;
    await link.confirmed(link.put({ features: [feature({ hold: true, inTransition: true })] }));

    const writes: Promise<Response>[] = [];
    for (let i = 0; i < 20; i++) {
      writes.push(write(url, String(i)));
      await expect.poll(() => router.activity.held, { interval: 2 }).toBe(i + 1);
    }
    expect(await (await fetch(`${url}/things/1`)).text()).toBe('legacy');
    expect(legacy.requests.filter((request) => request.method === 'POST')).toHaveLength(0);

    link.put({ features: [feature({ owner: 'service' })] });
    const answers = await Promise.all(writes);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(service.asked.map((asked) => asked.body?.toString())).toEqual([...Array(20).keys()].map(String));
    expect(legacy.requests.filter((request) => request.method === 'POST')).toHaveLength(0);
    expect(router.activity.held).toBe(0);
  });

  it('reports a feature drained only when every write begun before it has ended', async () => {
    const answer = deferred();
    await using legacy = await startUpstream(async (_request, response) => {
      await answer.promise;
      response.end('late');
    });
    await using stage = await startStage(legacy.url);
    const { link, url } = stage;
    const early = write(url, 'early');
    await expect.poll(() => legacy.requests.length).toBe(1);

    const version = link.put({ features: [feature({ hold: true, inTransition: true })] });
    const seen = link.reports.length;
    await link.confirmed(version);
    for (let beats = 0; beats < 3; beats++) await link.report((report) => report.version === version);
    expect(link.reports.slice(seen).every((report) => report.drained.thing === undefined)).toBe(true);

    const drained = link.report((report) => report.drained.thing === version);
    answer.resolve();
    expect(await (await early).text()).toBe('late');
    await drained;
  });

  it('released, a request that meets a defect takes none with it that waited behind it', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    const held = { hold: true, inTransition: true };
    const defects = [new Error('a defect')];
    await using stage = await startStage(legacy.url, {
      services: {},
      // It says that there is no service for the feature.
      logger: Object.assign(pino({ level: 'silent' }), {
        error() {
          const defect = defects.pop();
          if (defect !== undefined) throw defect;
        },
      }),
      table: table({
        features: [feature(held), feature({ ...held, name: 'other' })],
        routes: [route('POST /things'), route('POST /others', { feature: 'other' })],
      }),
    });
    const { link, url, router } = stage;
    const broken = write(url, 'first');
    await expect.poll(() => router.activity.held).toBe(1);
    const sound = fetch(`${url}/others`, { method: 'POST' });
    await expect.poll(() => router.activity.held).toBe(2);
    link.put({ features: [feature({ owner: 'service' }), feature({ name: 'other' })] });
    const answer = await broken;
    expect([answer.status, await codeOf(answer)]).toEqual([500, 'BANYAN_UNEXPECTED']);
    expect(await (await sound).text()).toBe('legacy');
    await expect.poll(() => router.version).toBe(2);
  });

  it('never sends a client that gave up', async () => {
    await using legacy = await startUpstream((_request, response) => response.end());
    await using stage = await startStage(legacy.url);
    const { link, service, url, router } = stage;
    await link.confirmed(link.put({ features: [feature({ hold: true, inTransition: true })] }));
    const leaving = new AbortController();
    const gone = write(url, 'gone', leaving.signal);
    const stays = write(url, 'stays');
    await expect.poll(() => router.activity.held).toBe(2);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(() => router.activity.held).toBe(1);
    link.put({ features: [feature({ owner: 'service' })] });
    expect((await stays).status).toBe(200);
    expect(service.asked.map((asked) => asked.body?.toString())).toEqual(['stays']);
  });

  it('answers 503 with Retry-After beyond its bounds', async () => {
    await using legacy = await startUpstream((_request, response) => response.end());
    const held = {
      table: table({ features: [feature({ hold: true, inTransition: true, handover: 'h1' })] }),
    };
    {
      await using stage = await startStage(legacy.url, {
        ...held,
        hold: { maxRequests: 1, retryAfterSeconds: 7 },
      });
      const waits = write(stage.url, 'waits');
      await expect.poll(() => stage.router.activity.held).toBe(1);
      const full = await write(stage.url, 'full');
      expect([full.status, full.headers.get('retry-after')]).toEqual([503, '7']);
      expect(await codeOf(full)).toBe('BANYAN_HOLD_FULL');
      // Held on by the next table, it is one request all the same; and nothing is told of a hold that goes on.
      const decided = feature({ ...held.table.features[0], owner: 'service' });
      await stage.link.confirmed(stage.link.put({ features: [decided] }));
      const told = stage.link.report(({ holds }) => holds !== undefined);
      stage.link.put({ features: [feature({ owner: 'service' })] });
      expect((await waits).status).toBe(200);
      expect((await told).holds).toEqual([
        {
          ...{ handover: 'h1', feature: 'thing', held: 1, longestMs: expect.any(Number) },
          failed: { timedOut: 0, full: 1, stopped: 0, gone: 0 },
        },
      ]);
      await stage.link.report(({ holds }) => holds === undefined);
    }
    await using stage = await startStage(legacy.url, {
      ...held,
      hold: { maxMs: 100, retryAfterSeconds: 7 },
    });
    const late = await write(stage.url, 'late');
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await codeOf(late)).toBe('BANYAN_HOLD_TIMEOUT');
    expect(legacy.requests).toHaveLength(0);
    // Stopped while it holds, a router tells what it has so far.
    const told = stage.link.report(({ holds }) => holds !== undefined);
    await stage.router.stop();
    const [cost] = (await told).holds!;
    expect(cost).toMatchObject({ held: 1, failed: { timedOut: 1, full: 0, stopped: 0, gone: 0 } });
    expect(cost!.longestMs).toBeGreaterThan(0);
  });

  it('begins by itself for features in transition when the lease ran out, and ends when it is back', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      table: table({ features: [feature({ inTransition: true })] }),
    });
    const { link, url, router } = stage;
    expect(await (await write(url, 'leased')).text()).toBe('legacy');
    // The last lease granted was two seconds: shorten it by a beat that grants none.
    link.leaseMs = 1;
    await link.report(() => true);
    link.away = true;
    await expect.poll(() => router.report().gauges.leaseValid, { interval: 5 }).toBe(false);
    const held = write(url, 'unleased');
    await expect.poll(() => router.activity.held).toBe(1);
    expect(await (await fetch(`${url}/things/1`)).text()).toBe('legacy');
    link.leaseMs = 2_000;
    link.away = false;
    expect(await (await held).text()).toBe('legacy');
  });

  it('keeps writes back after the lease was slept over, until one beat tells who owns them', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    // The beat that is never answered must not be known to have failed before the write is parked.
    await using stage = await startStage(legacy.url, { beatTimeoutMs: 1_000 });
    const { link, service, url, router } = stage;
    link.leaseMs = 40;
    await link.report(() => true);
    // What a stopped process sees when it goes on: the beat under way is from before, and the lease is long over.
    const answered = link.beat.bind(link);
    const woken = new Promise<void>((resolve) => {
      link.beat = async () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    await woken;
    link.put({ features: [feature({ owner: 'service' })] });
    await expect.poll(() => router.report().gauges.leaseValid, { interval: 5 }).toBe(false);
    const sent = write(url, 'must not go to legacy');
    await expect.poll(() => router.activity.held, { interval: 2 }).toBe(1);
    link.beat = answered;
    expect((await sent).status).toBe(200);
    expect(service.asked.map((asked) => asked.body?.toString())).toEqual(['must not go to legacy']);
    expect(legacy.requests).toHaveLength(0);
  });

  it('goes on by the last table once the store is known to be away', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url);
    const { link, url, router } = stage;
    link.leaseMs = 1;
    await link.report(() => true);
    link.away = true;
    await expect.poll(() => router.report().gauges.leaseValid, { interval: 5 }).toBe(false);
    expect(await (await write(url, 'served')).text()).toBe('legacy');
  });

  it('does not wait for ever for a state store that swallows a beat', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, { beatTimeoutMs: 100 });
    const { link, router } = stage;
    const answered = link.beat.bind(link);
    const swallowed = new Promise<void>((resolve) => {
      link.beat = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const version = link.put({ features: [feature({ owner: 'service' })] });
    await swallowed;
    expect(router.version).toBe(version - 1);
    link.beat = answered;
    await expect.poll(() => router.version).toBe(version);
  });
});
