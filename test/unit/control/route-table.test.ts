import { expect, test } from 'vitest';
import { newFeatureState } from '../../../control/feature/feature-state.ts';
import { stages } from '../../../control/feature/stages.ts';
import {
  buildRouteTable,
  cannotServe,
  type FeatureState,
  type Replica,
} from '../../../control/store/index.ts';
import { parseRouteTable } from '../../../router/replica/snapshot-file.ts';
import { defaultCompareSettings } from '../../../router/shadow/compare/index.ts';
import { parcelFeature } from '../../integration/control/fixtures.ts';

const features = [parcelFeature(null)];
const at = (change: Partial<FeatureState>) => {
  const state = { ...newFeatureState('parcels', '2026-11-22T00:00:00.000Z'), ...change };
  return buildRouteTable(features, new Map([['parcels', state]]));
};
const percents = (change: Partial<FeatureState>) => at(change).routes.map((route) => route.readPercent);

test('reads follow the owner in every stage', () => {
  for (const [stage, { owner }] of Object.entries(stages)) {
    const percent = owner === 'service' ? 100 : 0;
    expect(percents({ stage: stage as FeatureState['stage'] }), stage).toEqual([percent, percent, percent]);
  }
});

test('a canary counts only where the other side is kept current', () => {
  const readPercents = { 'GET /parcels': 12.5 };
  expect(percents({ stage: 'syncing', readPercents })).toEqual([0, 12.5, 0]);
  expect(percents({ stage: 'cutting_over', readPercents })).toEqual([0, 12.5, 0]);
  expect(percents({ stage: 'extracted', readPercents })).toEqual([100, 12.5, 100]);
  expect(percents({ stage: 'copying', readPercents })).toEqual([0, 0, 0]);
  expect(percents({ stage: 'legacy', readPercents })).toEqual([0, 0, 0]);
});

test('hold and transition are what the state says, also between decision and release', () => {
  const handover = {
    id: 'x',
    direction: 'cutover',
    phase: 'decided',
    holdVersion: 3,
    heldAt: '',
    who: '',
    why: '',
  } as const;
  expect(at({ stage: 'extracted', handover }).features[0]).toMatchObject({
    owner: 'service',
    hold: true,
    inTransition: true,
  });
  expect(at({ stage: 'extracted' }).features[0]).toMatchObject({ hold: false, inTransition: false });
});

test('a live router serves only what it says it does', () => {
  const replica = (change: Partial<Replica>): Replica => ({
    ...{ replica: 'r', kind: 'router', host: 'h', pid: 1, version: 7, drained: {}, live: true, beatAgoMs: 0 },
    ...{ services: ['parcels'], config: null },
    ...change,
  });
  expect(cannotServe([replica({}), replica({ services: ['labels', 'parcels'] })], 'parcels')).toEqual([]);
  expect(cannotServe([replica({ services: ['labels'] }), replica({})], 'parcels')).toEqual([
    'h (1) has none',
  ]);
  expect(cannotServe([replica({ services: null })], 'parcels')).toHaveLength(1);
  expect(cannotServe([replica({ services: [], live: false })], 'parcels')).toEqual([]);
  expect(cannotServe([replica({ services: [], kind: 'seam' })], 'parcels')).toEqual([]);
  const config = { fingerprint: 'f', features: { parcels: 'new' }, restart: [], fault: null, reload: 0 };
  expect(cannotServe([replica({ config }), replica({})], 'parcels', 'new')).toEqual([]);
  expect(cannotServe([replica({ config })], 'parcels', 'old')).toEqual([
    'h (1) calls it by another IDL or config',
  ]);
});

test('a shadow of a feature that moves no rows waits for none', () => {
  const shadow = {
    run: 'r',
    since: '',
    percent: 10,
    repeatPercent: 10,
    routes: null,
    sandbox: null,
    compare: defaultCompareSettings,
    ignore: [],
    signedOff: null,
  };
  const routingOf = (tables: readonly { table: string }[]) =>
    buildRouteTable(
      [{ ...parcelFeature(null), tables }],
      new Map([['parcels', { ...newFeatureState('parcels', ''), stage: 'syncing', shadow }]]),
    ).features[0]!.shadow;
  expect(routingOf([])).toMatchObject({ alwaysCurrent: true });
  expect(routingOf([{ table: 'parcels' }])).not.toHaveProperty('alwaysCurrent');
});

test('all that a route table says survives a snapshot: how a pattern is read, what is compared, who is named', () => {
  const [first, ...rest] = parcelFeature(null).routes;
  const feature = parcelFeature(null, {
    policy: { retries: 2, timeouts: { totalMs: null } },
    routes: [
      {
        ...first!,
        matching: { express: 4, slash: 'strict' },
        constraints: { host: 'a.example', headers: { a: 'b' }, query: { c: 'd' } },
        policy: { fallback: false, errorBody: { contentType: 'text/html', body: '<p>{code}' } },
      },
      ...rest,
    ],
  });
  const state: FeatureState = {
    ...newFeatureState('parcels', '2026-11-22T00:00:00.000Z'),
    stage: 'syncing',
    readCohorts: { 'GET /parcels': ['staff'] },
    shadow: {
      ...{
        run: 'r',
        since: '2026-11-22T00:00:00.000Z',
        percent: 5,
        repeatPercent: 10,
        routes: ['GET /parcels'],
      },
      ...{ sandbox: { name: 'x', value: 'y', both: true }, compare: defaultCompareSettings },
      ...{ ignore: [], signedOff: null },
    },
  };
  const cohorts = [{ name: 'staff', by: 'cookie:uid', values: ['1', '2'] }];
  const built = buildRouteTable([feature], new Map([['parcels', state]]), cohorts);
  const table = { version: 7, writtenAt: '2026-11-22T00:00:00.000Z', ...built };
  expect(Object.keys(built)).toContain('cohorts');
  expect(parseRouteTable('a file', JSON.parse(JSON.stringify(table)))).toEqual(table);
});
