import { expect, test } from 'vitest';
import type { FeatureStatus } from '../../../control/api/index.ts';
import { moverWords } from '../../../control/api/words/feature-words.ts';

const copying = (share: number, because: readonly string[], progress: object | null) =>
  moverWords({
    ...{ stage: 'copying', failing: null, paused: false, running: null },
    move: {
      ...{ does: 'forward: copy and apply', trouble: null, backlog: { entries: 2, oldestMs: 30 } },
      ...{ pace: { workers: 4, share, because, movers: [] }, progress },
    },
  } as unknown as FeatureStatus).text;

test('a copy says how far it is, and that its pace is no progress', () => {
  const progress = { phase: 'copy', about: 'readings', done: 58_257, total: 201_844 };
  expect(copying(1, [], progress)).toBe(
    'forward: copy and apply, 58,257 of 201,844 rows, 2 dirty keys, the oldest 30.0 ms',
  );
  expect(copying(0.08, [], progress)).toContain('201,844 rows, slowed to 8 % of its time, 2 dirty keys');
  expect(copying(0, ['the disk is full'], progress)).toContain(
    'rows, stands: the disk is full, 2 dirty keys',
  );
  expect(copying(1, [], { phase: 'preflight' })).toBe(
    'forward: copy and apply, 2 dirty keys, the oldest 30.0 ms',
  );
  expect(copying(1, [], null)).toBe('forward: copy and apply, 2 dirty keys, the oldest 30.0 ms');
});
