import { expect, test } from 'vitest';
import { decide, giveUp, hold, release } from '../../../control/conductor/transition-changes.ts';
import { flips } from '../../../control/stages.ts';
import { newFeatureState } from '../../../control/store/feature-state.ts';
import type { FeatureState } from '../../../control/store/index.ts';

const now = '2026-11-22T00:00:00.000Z';
const context = (state: FeatureState) => ({ state, nextVersion: 5, now });

for (const flip of Object.values(flips)) {
  const before: FeatureState = {
    ...newFeatureState('f', now),
    stage: flip.from,
    readPercents: { r: 10 },
    verified: { at: now, rowsCompared: 1, different: 0, unsettled: 0 },
  };
  const held = hold({ id: 'one', flip, who: 'w', why: 'y' })(context(before));

  test(`${flip.direction}: hold, decide and release end with the new owner`, () => {
    expect(held).toMatchObject({ stage: flip.during, hold: true, transition: { holdVersion: 5 } });
    const done = decide('one', flip)(context(held));
    expect(done).toMatchObject({ stage: flip.to, hold: true, readPercents: {}, verified: null });
    expect(release('one', flip)(context(done))).toMatchObject({
      stage: flip.to,
      hold: false,
      transition: null,
    });
  });

  test(`${flip.direction}: given up, it ends where it was, canary and all`, () => {
    const given = giveUp('one')(context(held));
    expect(given).toMatchObject({ stage: flip.during, hold: true });
    expect(release('one', flip)(context(given))).toEqual(before);
  });

  test(`${flip.direction}: deciding and giving up exclude each other`, () => {
    const given = giveUp('one')(context(held));
    expect(() => decide('one', flip)(context(given))).toThrow(/no longer where/);
    const done = decide('one', flip)(context(held));
    expect(giveUp('one')(context(done))).toBe(done);
  });

  test(`${flip.direction}: a late conductor of another flip changes nothing`, () => {
    expect(() => decide('other', flip)(context(held))).toThrow(/no longer where/);
    expect(giveUp('other')(context(held))).toBe(held);
    expect(release('other', flip)(context(held))).toBe(held);
    expect(() => release('one', flip)(context(held))).toThrow(/no longer where/);
    expect(() => hold({ id: 'two', flip, who: '', why: '' })(context(held))).toThrow(/no longer where/);
  });
}
