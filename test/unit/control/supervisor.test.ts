import { expect, test } from 'vitest';
import { type FeatureState, newFeatureState } from '../../../control/feature/index.ts';
import { compare, type Sight, stuckAfterMs } from '../../../control/supervisor/compare.ts';

const state = (change: Partial<FeatureState>) => ({ ...newFeatureState('f', ''), ...change });
const sight = (change: Partial<Sight>): Sight => ({
  held: true,
  settling: false,
  running: null,
  applying: null,
  job: null,
  stuckMs: 0,
  ...change,
});
const failing = { code: '', message: '', fix: '', since: '' };
const handover = {
  id: 'x',
  direction: 'cutover',
  phase: 'decided',
  holdVersion: 1,
  heldAt: '',
  who: '',
  why: '',
} as const;

test.each<[string, Partial<FeatureState>, Partial<Sight>, string | null]>([
  ['nothing is to run, and nothing does', {}, {}, null],
  ['the right move runs', { stage: 'syncing' }, { running: 'forward', applying: 'forward' }, null],
  ['the way back does not run', { stage: 'extracted' }, { running: null }, 'settle'],
  ['the way there still runs', { stage: 'extracted' }, { running: 'forward', applying: 'forward' }, 'settle'],
  [
    'the applier of the other direction runs',
    { stage: 'extracted' },
    { running: 'reverse', applying: 'forward' },
    'restart',
  ],
  ['a paused move runs', { stage: 'syncing', paused: true }, { running: 'forward' }, 'settle'],
  ['a failed move stands', { stage: 'syncing', failing }, {}, null],
  ['the runner changes over', { stage: 'extracted' }, { settling: true }, null],
  ['a handover without a conductor', { stage: 'extracted', handover }, {}, 'recover'],
  ['a handover is conducted', { stage: 'extracted', handover }, { job: 'cutover' }, null],
  ['a verify does not stand for a conductor', { stage: 'extracted', handover }, { job: 'verify' }, 'recover'],
  [
    'changes wait for too long',
    { stage: 'syncing' },
    { running: 'forward', applying: 'forward', stuckMs: stuckAfterMs },
    'restart',
  ],
  [
    'changes wait',
    { stage: 'syncing' },
    { running: 'forward', applying: 'forward', stuckMs: stuckAfterMs - 1 },
    null,
  ],
])('%s', (_, of, seen, remedy) => {
  const found = compare(state(of), sight(seen));
  expect(found.remedy).toBe(remedy);
  expect(found.finding === null).toBe(remedy === null);
});

test('a move that another process has is named, and left alone', () => {
  const found = compare(state({ stage: 'syncing' }), sight({ held: false }));
  expect(found).toEqual({ finding: expect.stringContaining('another process'), remedy: null });
});
