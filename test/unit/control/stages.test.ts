import { expect, test } from 'vitest';
import {
  findTransition,
  flips,
  isInTransition,
  type Stage,
  stages,
  transitions,
} from '../../../control/stages.ts';

test('every transition has an undo that can be taken where it leads', () => {
  for (const transition of transitions) {
    expect(
      findTransition(transition.undo, transition.to),
      `${transition.name} from ${transition.from}`,
    ).toBeDefined();
  }
});

test('the rows change hands only by a decision, and the old owner is fenced afterwards', () => {
  for (const { name, from, to } of transitions) {
    const changes = stages[from].owner !== stages[to].owner;
    expect(changes, `${name} from ${from}`).toBe(name === 'decide');
    if (changes) {
      expect(isInTransition(from)).toBe(true);
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
    expect(rules.writes === 'held', stage).toBe(isInTransition(stage as Stage));
    if (isInTransition(stage as Stage)) expect(findTransition('abort', stage as Stage)).toBeDefined();
  }
});

test('cutover and rollback are mirror images', () => {
  const { cutover, rollback } = flips;
  expect([rollback.oldOwner, rollback.newOwner]).toEqual([cutover.newOwner, cutover.oldOwner]);
  expect([rollback.from, rollback.to]).toEqual([cutover.to, cutover.from]);
  for (const flip of [cutover, rollback]) {
    expect(findTransition(flip.direction, flip.from)?.to).toBe(flip.during);
    expect(findTransition('decide', flip.during)?.to).toBe(flip.to);
    expect(findTransition('abort', flip.during)?.to).toBe(flip.from);
    expect(stages[flip.during].owner).toBe(flip.oldOwner);
    expect(stages[flip.to].owner).toBe(flip.newOwner);
  }
});
