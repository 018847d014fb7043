import { expect, test } from 'vitest';
import { newFeatureState } from '../../../control/feature/feature-state.ts';
import { stages } from '../../../control/feature/stages.ts';
import {
  barrierPending,
  buildRouteTable,
  type FeatureState,
  type Replica,
} from '../../../control/store/index.ts';
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

test('a barrier waits for live replicas only, first for the version and then for the drain', () => {
  const replica = (change: Partial<Replica>): Replica => ({
    replica: 'r',
    host: 'h',
    pid: 1,
    version: 7,
    drained: { parcels: 7 },
    live: true,
    beatAgoMs: 0,
    ...change,
  });
  const pending = (...replicas: Replica[]) =>
    barrierPending(replicas, 'parcels', 7).map((one) => one.waitsFor);
  expect(pending(replica({}))).toEqual([]);
  expect(pending(replica({ version: 6 }))).toEqual(['version']);
  expect(pending(replica({ drained: {} }))).toEqual(['drain']);
  expect(pending(replica({ drained: { parcels: 6 } }))).toEqual(['drain']);
  expect(pending(replica({ drained: { labels: 7 } }))).toEqual(['drain']);
  expect(pending(replica({ version: 0, drained: {}, live: false }))).toEqual([]);
  expect(pending(replica({ version: 9, drained: { parcels: 8 } }))).toEqual([]);
});
