import { expect, test } from 'vitest';
import {
  findTransition,
  handovers,
  type Stage,
  stages,
  transitions,
} from '../../../control/feature/stages.ts';

test('every transition has an undo that can be taken where it leads', () => {
  for (const transition of transitions) {
    // Only the end has no way back.
    expect(transition.undo === null).toBe(transition.to === 'finished');
    if (transition.undo === null) continue;
    expect(
      findTransition(transition.undo, transition.to),
      `${transition.name} from ${transition.from}`,
    ).toBeDefined();
  }
});

test('the rows change hands only by a decision, and the old owner is fenced afterwards', () => {
  for (const { name, from, to } of transitions) {
    const changes = stages[from].owner !== stages[to].owner;
    expect(changes, `${name} from ${from}`).toBe(name === 'decide' || name === 'lose');
    // Of a service that is given up `FeatureState.lost` keeps the tables closed.
    if (name === 'decide') {
      expect(stages[from].mover === 'conducted').toBe(true);
      expect(stages[to].fenced).toBe(stages[from].owner);
    }
  }
});

test('the database closes the side that does not own the rows wherever both sides have them', () => {
  for (const [stage, rules] of Object.entries(stages)) {
    expect(rules.fenced, stage).not.toBe(rules.owner);
    if (rules.mover !== 'nothing') expect(rules.fenced, stage).not.toBe('none');
  }
});

test('reads are canaried only where the mover keeps the other side current', () => {
  for (const [stage, rules] of Object.entries(stages)) {
    const current = rules.mover.endsWith('apply') && stage !== 'copying';
    expect(rules.reads === 'canary', stage).toBe(current || rules.mover === 'conducted');
  }
});

test('writes are held exactly in the transitions, and both can be taken back', () => {
  for (const [stage, rules] of Object.entries(stages)) {
    expect(rules.writes === 'held', stage).toBe(stages[stage as Stage].mover === 'conducted');
    if (stages[stage as Stage].mover === 'conducted')
      expect(findTransition('abort', stage as Stage)).toBeDefined();
  }
});

test('cutover and rollback are mirror images', () => {
  const { cutover, rollback } = handovers;
  expect([rollback.oldOwner, rollback.newOwner]).toEqual([cutover.newOwner, cutover.oldOwner]);
  expect([rollback.from, rollback.to]).toEqual([cutover.to, cutover.from]);
  for (const handover of [cutover, rollback]) {
    expect(findTransition(handover.direction, handover.from)?.to).toBe(handover.during);
    expect(findTransition('decide', handover.during)?.to).toBe(handover.to);
    expect(findTransition('abort', handover.during)?.to).toBe(handover.from);
    expect(stages[handover.during].owner).toBe(handover.oldOwner);
    expect(stages[handover.to].owner).toBe(handover.newOwner);
  }
});
