import { expect, test } from 'vitest';
import { markOf, tallySince } from '../../../../control/guard/tally-since.ts';
import { emptyRouteTally, type ShadowTally } from '../../../../router/shadow/tally/index.ts';

const noCounts = { differed: 0, persisted: 0, wavered: 0, settled: 0, noise: 0 };

const tally = (compared: number, persisted: number, wavered = 0): ShadowTally => ({
  'GET /': {
    ...emptyRouteTally,
    compared,
    differing: persisted,
    paths: { 'value body.price': { ...noCounts, differed: persisted, persisted, wavered } },
  },
});

test('what a step sees of a run is what came in it', () => {
  const since = tallySince(tally(1_500, 42, 3), markOf(tally(1_000, 40, 1)));
  expect(since['GET /']).toMatchObject({
    compared: 500,
    paths: { 'value body.price': { persisted: 2, wavered: 2 } },
  });
});

test('routes and places that are new in it count whole, whatever they are called', () => {
  const since = tallySince({ ...tally(10, 1), constructor: tally(5, 2)['GET /']! }, markOf({}));
  expect(since['GET /']!.compared).toBe(10);
  expect(since.constructor).toMatchObject({ compared: 5, paths: { 'value body.price': { persisted: 2 } } });
});
