import { expect, test } from 'vitest';
import type { FeatureStatus } from '../../../control/api/index.ts';
import { planFeature } from '../../../control/plan/plan-feature.ts';

const base: FeatureStatus = {
  ...{ name: 'product', stage: 'legacy', owner: 'legacy', since: '2026-01-01T00:00:00.000Z' },
  ...{ paused: false, failing: null, frozen: null, hold: false, otherSide: 'current', rollback: true },
  ...{ handover: null, verified: null, canaries: [], finding: null, refused: null, unreachable: [] },
  ...{ running: null, move: null, ending: null },
  routes: [{ id: 'GET /p', access: 'read', readPercent: 0, readCohorts: [] }],
} as unknown as FeatureStatus;

const plan = (change: Partial<FeatureStatus>, diff: { compared: number; different: number } | null = null) =>
  planFeature({
    status: { ...base, ...change },
    ...{ hasTables: true, finish: [], diff, needsSignOff: false },
  });
const now = (change: Partial<FeatureStatus>, diff?: { compared: number; different: number }) =>
  plan(change, diff).steps.flatMap(({ command, standing }) => (standing === 'now' ? [command] : []));

const verified = { at: '2026-01-01T00:00:00.000Z', rowsCompared: 5, different: 0, unsettled: 0 };
const cutover = 'banyan cutover product --dry-run && banyan cutover product --why …';

test('the next steps of a feature, stage by stage', () => {
  expect(now({})).toEqual(['banyan copy product --why …']);
  expect(now({ stage: 'copying' })).toEqual(['banyan status product --watch']);
  const paused = plan({ stage: 'copying', paused: true }).steps;
  expect(paused.filter(({ standing }) => standing === 'now')).toMatchObject([
    { command: 'banyan resume product' },
  ]);
  expect(now({ stage: 'syncing' })).toEqual(['banyan verify product']);
  const shadow = 'banyan shadow product --percent 10 --why …';
  const canary = 'banyan canary product --percent 5 --why …';
  expect(now({ stage: 'syncing', verified })).toEqual([shadow, canary, cutover]);
  expect(now({ stage: 'syncing', verified }, { compared: 9, different: 1 })).toEqual([canary, cutover]);
  const finish = 'banyan finish product --dry-run && banyan finish product --why …';
  expect(now({ stage: 'extracted', owner: 'service' })).toEqual([finish]);
  expect(now({ stage: 'finished', owner: 'service' })).toEqual([]);
  const ending = { command: 'finish', who: 'kim', why: 'done', since: base.since } as const;
  expect(now({ stage: 'finished', owner: 'service', ending })).toEqual([finish]);
  expect(now({ ending: { ...ending, command: 'abandon --clean' } })).toEqual([
    'banyan abandon product --clean --why …',
    'banyan copy product --why …',
  ]);
});

test('what stands in the way is told with its fix, and a handover is waited for', () => {
  const failing = { code: 'BANYAN_X', message: 'it broke', fix: 'mend it', since: base.since };
  expect(plan({ stage: 'syncing', failing }).faults).toMatchObject([{ detail: 'it broke', fix: 'mend it' }]);
  const referenced = { code: 'BANYAN_FINISH_REFERENCED', what: 'a key names it', fix: 'drop the key' };
  const asked = { finish: [referenced], diff: null, hasTables: true, needsSignOff: false };
  expect(planFeature({ status: { ...base, stage: 'extracted' }, ...asked }).faults).toEqual([
    { check: 'finish', detail: 'a key names it', code: referenced.code, fix: 'drop the key' },
  ]);
  const handover = { id: '1', direction: 'cutover' } as unknown as FeatureStatus['handover'];
  const step = plan({ stage: 'cutting_over', handover, verified }).steps.find(
    ({ command }) => command === null,
  );
  expect(step).toMatchObject({ standing: 'now', about: expect.stringContaining('banyan abort product') });
});
