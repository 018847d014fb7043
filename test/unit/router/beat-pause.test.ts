import { expect, test } from 'vitest';
import { beatPauseMs } from '../../../router/replica/beat-pause.ts';

const times = { everyMs: 400, tookMs: 5, leaseLeftMs: 1_900, isLargeFleet: true, holds: true };

test('beats begin at equal distances; one that holds in a large fleet leaves a slow store to the others, and keeps its lease', () => {
  expect(beatPauseMs(times)).toBe(395);
  expect(beatPauseMs({ ...times, tookMs: 150 })).toBe(450);
  expect(beatPauseMs({ ...times, tookMs: 900, leaseLeftMs: 1_100 })).toBeCloseTo(367, 0);
  expect(beatPauseMs({ ...times, tookMs: 150, holds: false })).toBe(250);
  expect(beatPauseMs({ ...times, tookMs: 150, isLargeFleet: false })).toBe(250);
  expect(beatPauseMs({ ...times, tookMs: 900, leaseLeftMs: -500 })).toBeLessThan(0);
});
