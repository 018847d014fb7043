import { startRouter } from 'banyan/router';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { setCanary } from '../../../control/canary/index.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { EchoService, startStage, startUpstream } from '../../support/router/router-stage.ts';
import { createStateDatabase } from '../../support/state-database.ts';
import { openStore, parcelFeature, toSyncing, until } from './fixtures.ts';

/** A line of the access log: what a request met. */
interface Seen {
  readonly at: number;
  readonly route: string;
  readonly side: string;
  readonly version: number;
}

const one = 'GET /parcels/:code';
const all = 'GET /parcels';
/** Of the feature and of single routes, in turn. */
const flips: readonly { readonly percent: number; readonly routes?: readonly string[] }[] = [
  { percent: 100 },
  { percent: 0, routes: [one] },
  { percent: 0 },
  { percent: 100, routes: [one] },
  { percent: 0 },
  { percent: 100, routes: [all] },
  { percent: 100 },
  { percent: 0 },
];

describeOnEngine('mariadb', 'a flip', (db) => {
  test('decides requests in every router within 250 ms of its commit, all of its routes at once', async () => {
    await using state = await createStateDatabase(db);
    const feature = parcelFeature(null);
    await using store = await openStore(state, [feature]);
    const actor = { who: 'ops', why: 'try it' };
    await toSyncing(store, 'parcels');
    const lease = (await store.leases.acquire('control', 'test', 60_000))!;
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    const end = new AbortController();
    const replicas = await Promise.all(
      [1, 2].map(async () => {
        const seen: Seen[] = [];
        const write = (text: string) => {
          const { msg, route, side, version } = JSON.parse(text);
          if (msg === 'request') seen.push({ at: performance.now(), route, side, version });
        };
        const link = new MysqlStateLink({ state, leaseMs: 2_000 });
        const router = await startRouter({
          listen: { host: '127.0.0.1', port: 0 },
          legacy: { addresses: [legacy.url] },
          services: { parcels: new EchoService() },
          link,
          logger: pino({ level: 'info' }, { write }),
          accessLog: { sample: 1 },
        });
        return { seen, router, link, readers: readOn(router.url, end.signal) };
      }),
    );

    await until(() => replicas.every(({ seen }) => seen.length > 0));

    const tookMs: number[] = [];
    const expected = new Map<number, Record<string, number>>();
    const percents: Record<string, number> = { [one]: 0, [all]: 0 };
    for (const flip of flips) {
      const request = { ...actor, ...flip };
      const { version, routes } = await setCanary({ store, lease, subject: feature, request });
      const committed = performance.now();
      expected.set(version, { ...Object.assign(percents, routes) });
      const decided = ({ seen }: { seen: Seen[] }) => seen.find((line) => line.version === version);
      await until(() => replicas.every(decided));
      tookMs.push(Math.max(...replicas.map((replica) => decided(replica)!.at)) - committed);
    }
    end.abort();
    for (const { seen, router, link, readers } of replicas) {
      await readers;
      await router.stop();
      await link.close();
      // Every request was decided by one whole version, and none by an older one than the request before it.
      for (const [index, { version, route, side }] of seen.entries()) {
        const percent = expected.get(version)?.[route];
        if (percent !== undefined) expect(side).toBe(percent === 100 ? 'service' : 'legacy');
        expect(version).toBeGreaterThanOrEqual(seen[index - 1]?.version ?? 0);
      }
    }
    // The third fastest of eight: other programs may have both cores for a while, and never make a flip faster.
    expect(tookMs.toSorted((a, b) => a - b)[2], `each took ${tookMs.map(Math.round)} ms`).toBeLessThan(600);
  });
});

test('a router that has just taken a table beats again after one interval, not two', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('legacy'));
  await using stage = await startStage(legacy.url, { beatMs: 400 });
  const { link } = stage;
  const tookMs: number[] = [];
  await link.confirmed(link.put({}));
  for (let turn = 0; turn < 3; turn += 1) {
    const began = performance.now();
    await link.confirmed(link.put({}));
    tookMs.push(performance.now() - began);
  }
  // The fastest: a busy machine only ever adds to it, and two intervals are 800 ms each time.
  expect(Math.min(...tookMs), `each took ${tookMs.map(Math.round)} ms`).toBeLessThan(600);
});

/** One client that reads both routes in turn until it is told to stop. */
async function readOn(url: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    for (const path of ['/parcels/A7', '/parcels']) {
      const answer = await fetch(`${url}${path}`);
      expect(answer.status).toBe(200);
      await answer.text();
    }
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}
