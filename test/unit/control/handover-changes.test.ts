import { expect, test } from 'vitest';
import {
  decide,
  giveUp,
  hold,
  holdLossy,
  lose,
  release,
} from '../../../control/conductor/handover-changes.ts';
import { newFeatureState } from '../../../control/feature/feature-state.ts';
import { handovers } from '../../../control/feature/stages.ts';
import { defaultGuardSettings } from '../../../control/guard/guard-settings.ts';
import type { FeatureState } from '../../../control/store/index.ts';

const now = '2026-11-22T00:00:00.000Z';
const context = (state: FeatureState) => ({ state, nextVersion: 5, now });

for (const rules of Object.values(handovers)) {
  const before: FeatureState = {
    ...newFeatureState('f', now),
    stage: rules.from,
    readPercents: { r: 10 },
    verified: { at: now, rowsCompared: 1, different: 0, unsettled: 0 },
  };
  const held = hold({ id: 'one', rules, who: 'w', why: 'y' })(context(before));

  test(`${rules.direction}: hold, decide and release end with the new owner`, () => {
    expect(held).toMatchObject({ stage: rules.during, handover: { holdVersion: 5 } });
    const done = decide('one', rules)(context(held));
    expect(done).toMatchObject({ stage: rules.to, readPercents: {}, verified: null });
    expect(release('one', rules)(context(done))).toMatchObject({
      stage: rules.to,
      handover: null,
    });
  });

  test(`${rules.direction}: given up, it ends where it was, canary and all`, () => {
    const given = giveUp('one')(context(held));
    expect(given).toMatchObject({ stage: rules.during });
    expect(release('one', rules)(context(given))).toEqual(before);
  });

  test(`${rules.direction}: deciding and giving up exclude each other`, () => {
    const given = giveUp('one')(context(held));
    expect(() => decide('one', rules)(context(given))).toThrow(/no longer where/);
    const done = decide('one', rules)(context(held));
    expect(giveUp('one')(context(done))).toBe(done);
  });

  test(`${rules.direction}: a late conductor of another handover changes nothing`, () => {
    expect(() => decide('other', rules)(context(held))).toThrow(/no longer where/);
    expect(giveUp('other')(context(held))).toBe(held);
    expect(release('other', rules)(context(held))).toBe(held);
    expect(() => release('one', rules)(context(held))).toThrow(/no longer where/);
    expect(() => hold({ id: 'two', rules, who: '', why: '' })(context(held))).toThrow(/no longer where/);
  });
}

test('a guarded cutover is watched from its release on, and a rollback or one that was taken back is not', () => {
  const rules = handovers.cutover;
  const guard = { settings: defaultGuardSettings, watchMs: 60_000, reads: ['r', 's'] };
  const before = { ...newFeatureState('f', now), stage: rules.from };
  const held = hold({ id: 'one', rules, who: 'w', why: 'y', guard })(context(before));
  const done = release('one', rules)(context(decide('one', rules)(context(held))));
  expect(done.canaries).toEqual([
    {
      id: 'one',
      who: 'w',
      why: 'y',
      startedAt: now,
      ramp: [100],
      step: 0,
      everyMs: 60_000,
      nextAt: '2026-11-22T00:01:00.000Z',
      until: null,
      frozenAt: null,
      before: { r: 0, s: 0 },
      guard: { after: 'cutover', settings: defaultGuardSettings, breachedAt: null, breaches: [] },
    },
  ]);
  expect(release('one', rules)(context(giveUp('one')(context(held)))).canaries).toEqual([]);
});

test('a rollback with a loss takes over what cannot be ended, once, and gives the service up', () => {
  const rules = handovers.cutover;
  const asked = { who: 'w', why: 'y', accepted: 3 };
  const left = { keys: 2, currentAt: null, place: 'h:1/d', closed: true };
  const held = hold({ id: 'one', rules, who: 'w', why: 'y' })(
    context({ ...newFeatureState('f', now), stage: 'syncing' }),
  );
  expect(() => holdLossy({ id: 'two', ...asked })(context(held))).toThrow(/no longer where/);
  const decided = decide('one', rules)(context(held));
  const back = hold({ id: 'one', rules: handovers.rollback, who: 'w', why: 'y' })(
    context({ ...newFeatureState('f', now), stage: 'extracted' }),
  );
  for (const stuck of [decided, giveUp('one')(context(back))]) {
    const taken = holdLossy({ id: 'two', ...asked })({ ...context(stuck), nextVersion: 9 });
    // Routers have drained for the hold that they know.
    expect(taken).toMatchObject({ stage: 'rolling_back', handover: { id: 'two', holdVersion: 5 } });
    expect(() => holdLossy({ id: 'three', ...asked })(context(taken))).toThrow(/no longer where/);
    expect(() => lose('one', left)(context(taken))).toThrow(/no longer where/);
    const home = release('two', handovers.rollback)(context(lose('two', left)(context(taken))));
    expect(home).toMatchObject({
      ...{ stage: 'legacy', handover: null, failing: null },
      lost: { id: 'two', accepted: 3, keys: 2, closed: true, cleared: false },
    });
    expect(release('two', handovers.rollback)(context(giveUp('two')(context(taken))))).toMatchObject({
      stage: 'extracted',
      lost: null,
      ending: null,
    });
  }
});
