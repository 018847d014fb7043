import { expect, test } from 'vitest';
import {
  advance,
  assertLawful,
  type FeatureState,
  isOtherSideReadable,
  newFeatureState,
  type Stage,
  stages,
  transitions,
} from '../../../control/feature/index.ts';

const at = (change: Partial<FeatureState>): FeatureState => ({ ...newFeatureState('f', ''), ...change });
const handover = { id: 'x', direction: 'cutover', holdVersion: 1, heldAt: '', who: '', why: '' } as const;

test('each transition of the table can be taken, and from every other stage it is refused', () => {
  for (const { name } of transitions) {
    for (const stage of Object.keys(stages) as Stage[]) {
      const to = transitions.find((one) => one.name === name && one.from === stage)?.to;
      if (to === undefined) {
        expect(() => advance(at({ stage }), name)).toThrow(
          expect.objectContaining({ code: 'BANYAN_STAGE_REFUSED' }),
        );
      } else expect(advance(at({ stage }), name).stage).toBe(to);
    }
  }
});

test('where the rows change hands or the move ends, canaries and the last verify are forgotten', () => {
  const verified = { at: '', rowsCompared: 1, different: 0, unsettled: 0 };
  const before = at({ verified, readPercents: { r: 5 }, readCohorts: { r: ['staff'] } });
  for (const { name, from } of transitions) {
    const after = advance({ ...before, stage: from }, name);
    const kept = ['copied', 'cutover', 'rollback', 'abort'].includes(name);
    expect(after.verified, name).toEqual(kept ? verified : null);
    expect(after.readPercents, name).toEqual(kept ? { r: 5 } : {});
  }
});

test('the store refuses what the table does not know, and a handover without its stage', () => {
  const unlawful = expect.objectContaining({ code: 'BANYAN_STAGE_UNLAWFUL' });
  expect(() => assertLawful(at({}), at({ stage: 'extracted' }))).toThrow(unlawful);
  expect(() => assertLawful(at({ stage: 'finished' }), at({}))).toThrow(unlawful);
  const syncing = at({ stage: 'syncing' });
  const cutting = at({ stage: 'cutting_over', handover: { ...handover, phase: 'undecided' } });
  expect(() => assertLawful(syncing, { ...cutting, handover: null })).toThrow(unlawful);
  expect(() => assertLawful(syncing, { ...syncing, handover: cutting.handover })).toThrow(unlawful);
  expect(() => assertLawful(cutting, { ...cutting, stage: 'extracted' })).toThrow(unlawful);
  expect(() => assertLawful(syncing, cutting)).not.toThrow();
});

test('reads may go to the other side only while it is kept current', () => {
  const syncing = at({ stage: 'syncing' });
  expect(isOtherSideReadable(syncing)).toBe(true);
  for (const change of [
    { paused: true },
    { failing: { code: '', message: '', fix: '', since: '' } },
    { otherSide: 'catching up' },
    { otherSide: 'copying again' },
    { stage: 'copying' },
  ] as const) {
    expect(isOtherSideReadable({ ...syncing, ...change }), JSON.stringify(change)).toBe(false);
  }
});
