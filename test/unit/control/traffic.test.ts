import { expect, test } from 'vitest';
import { quantileMs } from '../../../control/traffic/side-traffic.ts';
import { type TrafficReport, TrafficWatch } from '../../../control/traffic/traffic-watch.ts';

const none = { requests: 0, errors: 0, latencies: [] };

function report(replica: string, atMs: number, requests: number, errors = 0): TrafficReport {
  // All of them took between 2.5 and 5 ms.
  const legacy = { requests, errors, latencies: [0, 0, requests] };
  return { feature: 'parcels', replica, atMs, counts: { 'GET /parcels': { legacy, service: none } } };
}

test('figures are of what came between the reports of the last seconds, over all routers', () => {
  const watch = new TrafficWatch();
  watch.note([report('a', 1_000, 500), report('b', 1_100, 0)], 1_100);
  expect(watch.figures().size).toBe(0);
  watch.note([report('a', 1_000, 500)], 1_500);
  expect(watch.figures().size).toBe(0);
  watch.note([report('a', 11_000, 600, 5), report('b', 11_100, 100)], 11_100);
  const { seconds, legacy, service, routes } = watch.figures().get('parcels')!;
  expect(seconds).toBe(10);
  expect(legacy).toEqual({ perSecond: 20, errorsPerSecond: 0.5, p50Ms: 3.75, p99Ms: 4.97 });
  expect(service).toEqual({ perSecond: 0, errorsPerSecond: 0, p50Ms: null, p99Ms: null });
  expect(Object.keys(routes)).toEqual(['GET /parcels']);
  // A router that began anew counts from nothing; one that is gone is forgotten.
  watch.note([report('a', 12_000, 40)], 12_000);
  expect(watch.figures().get('parcels')!.legacy.perSecond).toBeCloseTo((40 + 100) / 11, 1);
  watch.note([report('a', 40_000, 50)], 40_000);
  expect(watch.figures().size).toBe(0);
});

test('of many reports few are kept, and the figures are of nearly all of the time', () => {
  const watch = new TrafficWatch();
  for (let at = 1_000; at <= 61_000; at += 1_000) watch.note([report('a', at, at / 10)], at);
  const { seconds, legacy } = watch.figures().get('parcels')!;
  expect(seconds).toBeGreaterThanOrEqual(10);
  expect(seconds).toBeLessThanOrEqual(15);
  expect(legacy.perSecond).toBe(100);
});

test('a quantile lies within its bucket, and beyond the last bound at it', () => {
  expect(quantileMs([], 0.5)).toBeNull();
  expect(quantileMs([4], 0.5)).toBe(0.5);
  expect(quantileMs([99, 0, 1], 0.99)).toBe(1);
  expect(quantileMs([98, 0, 2], 0.99)).toBe(3.75);
  expect(quantileMs([...new Array(13).fill(0), 3], 0.5)).toBe(10_000);
});
