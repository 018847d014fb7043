import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanaryPlan } from '../../../../control/canary/canary-plan.ts';
import { describePlan } from '../../../../control/canary/describe-plan.ts';
import { applyDue, dueChange } from '../../../../control/canary/due-change.ts';
import { followPlans } from '../../../../control/canary/follow-plans.ts';
import { type FeatureState, newFeatureState } from '../../../../control/feature/feature-state.ts';
import { defaultGuardSettings } from '../../../../control/guard/guard-settings.ts';

const start = '2026-11-22T10:00:00.000Z';
const at = (minutes: number) => new Date(Date.parse(start) + minutes * 60_000).toISOString();

function plan(change: Partial<CanaryPlan> = {}): CanaryPlan {
  return {
    id: 'one',
    who: 'ops',
    why: 'first readers',
    startedAt: start,
    ramp: [1, 5, 25, 50, 100],
    step: 0,
    everyMs: 600_000,
    nextAt: at(10),
    until: null,
    frozenAt: null,
    before: { a: null, b: 40 },
    ...change,
  };
}

function state(change: Partial<FeatureState> = {}): FeatureState {
  return {
    ...newFeatureState('thing', start),
    stage: 'syncing',
    readPercents: { a: 1, b: 1, c: 7 },
    canaries: [plan()],
    ...change,
  };
}

const failing = { code: 'BANYAN_X', message: '', fix: '', since: start };

/** One look of the keeper. */
function look(before: FeatureState, now: string): FeatureState {
  const [found] = before.canaries;
  const due = found === undefined ? null : dueChange(found, before, now);
  return due === null ? before : applyDue(before, found!, due);
}

/** Any change of the feature, as the store makes it. */
function change(before: FeatureState, to: Partial<FeatureState>, now: string): FeatureState {
  const after = { ...before, ...to };
  return { ...after, canaries: followPlans(before, after, now) };
}

describe('a guarded ramp', () => {
  const settings = { ...defaultGuardSettings };
  const guard = { settings, breachedAt: null, breaches: [] };
  const guarded = (change: Partial<CanaryPlan> = {}) => state({ canaries: [plan({ guard, ...change })] });

  test('leaves out no step however late it is, and counts the next from there', () => {
    const second = look(guarded(), at(47));
    expect(second.readPercents).toMatchObject({ a: 5 });
    expect(second.canaries[0]).toMatchObject({ step: 1, nextAt: at(57) });
  });

  test('is watched for as long after its last step, and then over', () => {
    const last = look(guarded({ step: 3, ramp: [1, 5, 25, 50, 100] }), at(10));
    expect(last.readPercents).toMatchObject({ a: 100 });
    expect(look(last, at(19))).toBe(last);
    const done = look(last, at(20));
    expect(done.canaries).toEqual([]);
    expect(done.readPercents).toMatchObject({ a: 100 });
  });

  test('stands still after a breach, but goes back at its end', () => {
    const breached = guarded({ guard: { ...guard, breachedAt: at(1) }, until: at(60) });
    expect(look(breached, at(30))).toBe(breached);
    expect(look(breached, at(60)).canaries).toEqual([]);
    expect(describePlan(breached.canaries[0]!, breached).frozen).toEqual({ since: at(1), because: 'breach' });
  });
});

describe('a ramp', () => {
  test('does nothing before its time, one step at it, and is over with the last', () => {
    const first = state();
    expect(look(first, at(9.99))).toBe(first);
    const second = look(first, at(10));
    expect(second.readPercents).toEqual({ a: 5, b: 5, c: 7 });
    expect(second.canaries[0]).toMatchObject({ step: 1, nextAt: at(20) });
    const last = look(look(look(second, at(20)), at(30)), at(40));
    expect(last).toMatchObject({ readPercents: { a: 100, b: 100, c: 7 }, canaries: [] });
  });

  test('that nobody looked after for long takes the step due now, once, and keeps its schedule', () => {
    const late = look(state(), at(34));
    expect(late.readPercents).toMatchObject({ a: 50, b: 50 });
    expect(late.canaries[0]).toMatchObject({ step: 3, nextAt: at(40) });
    expect(look(late, at(34.1))).toBe(late);
    expect(look(state(), at(100_000))).toMatchObject({ readPercents: { a: 100 }, canaries: [] });
  });

  test('is where its schedule says, however seldom and whenever it is looked at', () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 60 * 60 }), { maxLength: 30 });
    fc.assert(
      fc.property(minutes, (seconds) => {
        let now = state();
        for (const second of seconds.sort((one, two) => one - two)) {
          now = look(now, at(second / 60));
          const step = Math.min(4, Math.floor(second / 600));
          expect(now.readPercents.a).toBe(plan().ramp[step]);
          // Nothing more is due at the same moment.
          expect(look(now, at(second / 60))).toBe(now);
        }
      }),
    );
  });

  test.each([
    ['paused', { paused: true }, { paused: false }],
    ['failing', { failing }, { failing: null }],
    ['in transition', { stage: 'cutting_over' as const }, { stage: 'syncing' as const }],
  ])('stands still while the feature is %s, and then has as long to go as before', (_, into, out) => {
    const frozen = change(state(), into, at(4));
    expect(frozen.canaries[0]).toMatchObject({ frozenAt: at(4), nextAt: at(10) });
    expect(look(frozen, at(500))).toBe(frozen);
    expect(change(frozen, { verified: null }, at(5)).canaries).toEqual(frozen.canaries);
    expect(describePlan(frozen.canaries[0]!, frozen)).toMatchObject({ next: { percent: 5, at: null } });
    const thawed = change(frozen, out, at(104));
    expect(thawed.canaries[0]).toMatchObject({ frozenAt: null, nextAt: at(110) });
    expect(look(thawed, at(109))).toBe(thawed);
    expect(look(thawed, at(110)).readPercents).toMatchObject({ a: 5 });
  });

  test('begun while the feature is paused stands still from the beginning', () => {
    const begun = change(state({ paused: true, canaries: [] }), { canaries: [plan()] }, start);
    expect(begun.canaries[0]).toMatchObject({ frozenAt: start });
  });
});

describe('a revert', () => {
  const reverting = plan({ until: at(25) });

  test('puts every route back to what it had, also in the middle of a ramp', () => {
    const ramped = look(state({ canaries: [reverting] }), at(20));
    expect(ramped.readPercents).toEqual({ a: 25, b: 25, c: 7 });
    expect(look(ramped, at(25))).toMatchObject({ readPercents: { b: 40, c: 7 }, canaries: [] });
    expect(look(ramped, at(25)).readPercents).not.toHaveProperty('a');
  });

  test('goes before a step that fell due as well', () => {
    expect(look(state({ canaries: [reverting] }), at(31)).readPercents).toEqual({ b: 40, c: 7 });
  });

  test('comes after a ramp that ended', () => {
    const ended = look(state({ canaries: [plan({ until: at(60) })] }), at(45));
    expect(ended.canaries[0]).toMatchObject({ nextAt: null });
    expect(look(ended, at(59))).toBe(ended);
    expect(look(ended, at(60))).toMatchObject({ readPercents: { b: 40, c: 7 }, canaries: [] });
  });

  test('is not held up by a pause or a failure, unless it would send more reads to a side that is behind', () => {
    for (const behind of [{ paused: true }, { failing }]) {
      // `a` goes down to 0 at once; `b`, to go up to 40, waits.
      const due = look(change(state({ canaries: [reverting] }), behind, at(4)), at(25));
      expect(due.readPercents).toEqual({ b: 1, c: 7 });
      expect(due.canaries[0]?.before).toEqual({ b: 40 });
      expect(look(due, at(26))).toBe(due);
      const well = change(due, { paused: false, failing: null }, at(30));
      expect(look(well, at(30))).toMatchObject({ readPercents: { b: 40, c: 7 }, canaries: [] });
    }
  });

  test('after a cutover it is legacy that may be behind', () => {
    const kept = plan({
      ramp: [60],
      step: 0,
      nextAt: null,
      everyMs: null,
      until: at(25),
      before: { a: 10, b: null },
    });
    const after = state({ stage: 'extracted', failing, readPercents: { a: 60, b: 60 }, canaries: [kept] });
    const due = look(after, at(25));
    expect(due.readPercents).toEqual({ a: 60 });
    expect(due.canaries[0]?.before).toEqual({ a: 10 });
  });
});

describe('plans end', () => {
  test.each([
    ['the rows change hands', 'cutting_over', 'extracted'],
    ['the rows go back', 'rolling_back', 'syncing'],
    ['the copy is given up', 'syncing', 'legacy'],
    ['the copy begins again', 'syncing', 'copying'],
  ] as const)('when %s', (_, from, to) => {
    expect(change(state({ stage: from }), { stage: to }, at(1)).canaries).toEqual([]);
  });

  test('but not when a cutover is taken back', () => {
    const during = change(state({ stage: 'syncing' }), { stage: 'cutting_over' }, at(1));
    expect(change(during, { stage: 'syncing' }, at(2)).canaries).toHaveLength(1);
  });
});

test('a plan tells the steps that will be taken, and none after its revert', () => {
  const told = describePlan(plan({ until: at(25) }), state());
  expect(told).toMatchObject({
    percent: 1,
    routes: ['a', 'b'],
    next: { percent: 5, at: at(10) },
    coming: [
      { percent: 5, at: at(10) },
      { percent: 25, at: at(20) },
    ],
    until: at(25),
    revertsTo: { a: 0, b: 40 },
    frozen: null,
  });
});
