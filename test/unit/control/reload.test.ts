import { expect, test } from 'vitest';
import { compareConfigs } from '../../../control/config/compare-configs.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { newFeatureState } from '../../../control/feature/feature-state.ts';
import {
  effectInControl,
  effectInRouter,
  effectOf,
  reloadFaults,
} from '../../../control/reload/may-reload.ts';
import { parcelFeature } from '../../integration/control/fixtures.ts';

const database = { host: 'h', port: 1, user: 'u', password: 'p', database: 'd' };
const config = (feature: object = {}, legacy: object = {}) =>
  ({
    file: 'f',
    legacy: { addresses: [], database: { ...database, ...legacy } },
    features: { parcels: { ...parcelFeature(database), ...feature } },
  }) as unknown as BanyanConfig;
const state = (change: object) => [{ ...newFeatureState('parcels', '2026-11-22T00:00:00.000Z'), ...change }];
const faults = (after: BanyanConfig, change: object) =>
  reloadFaults(config(), after, state(change)).map(({ at }) => at);

test('what is under way may not be changed; accounts, routes and addresses may', () => {
  const tables = config({ tables: [] });
  expect(faults(tables, { stage: 'legacy' })).toEqual([]);
  expect(faults(tables, { stage: 'syncing' })).toEqual(['features.parcels.tables']);
  expect(faults(config({}, { port: 2 }), { stage: 'extracted' })).toHaveLength(1);
  expect(faults(config({}, { password: 'q' }), { stage: 'extracted' })).toEqual([]);
  expect(faults(config({ database: { ...database, user: 'v' } }), { stage: 'copying' })).toEqual([]);
  const routes = config({ routes: [] });
  expect(faults(routes, { stage: 'syncing' })).toEqual([]);
  const handover = { direction: 'cutover', phase: 'undecided' };
  expect(faults(routes, { stage: 'cutting_over', handover })).toEqual(['features.parcels']);
  expect(faults(config(), { stage: 'cutting_over', handover })).toEqual([]);
});

test('a diff names each setting, and shows no secret', () => {
  const after = config(
    { salt: 'new', database: { ...database, password: 'hunter2' } },
    { password: 'hunter2' },
  );
  const changes = compareConfigs(config(), after);
  expect(changes.map(({ path }) => path)).toEqual([
    'legacy.database.password',
    'features.parcels.database.password',
    'features.parcels.salt',
  ]);
  const added = compareConfigs({ ...config(), features: {} }, after);
  expect(JSON.stringify([changes, added])).not.toContain('hunter2');
  expect(added.at(-1)).toMatchObject({ path: 'features.parcels', from: null });
});

test('each process says of which settings it takes note at once, and of which at its next start', () => {
  expect(['state.host', 'control.listen.port', 'control.replicaLeaseMs'].map(effectInControl)).toEqual(
    Array(3).fill('restart'),
  );
  expect(effectInControl('control.cutover.deadlineMs')).toBe('now');
  expect(effectInControl('router.timeouts.idleMs')).toBeNull();
  expect(['router.timeouts.idleMs', 'legacy.addresses', 'state.host'].map(effectInRouter)).toEqual(
    Array(3).fill('restart'),
  );
  expect(effectInRouter('features.labels')).toBe('now');
  expect(effectInRouter('control.cutover.deadlineMs')).toBeNull();
  // What routers alone read is not always read at their start.
  expect(['identity.keys', 'router.timeouts.idleMs', 'state.host', 'features.labels'].map(effectOf)).toEqual([
    'now',
    'routers',
    'restart',
    'now',
  ]);
});
