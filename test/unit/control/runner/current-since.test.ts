import { expect, test } from 'vitest';
import { currentSince } from '../../../../control/runner/note-current.ts';

test('everything is on both sides that was written before the oldest entry of the log, or before the look if there is none', () => {
  expect(currentSince(10_000, { entries: 0, oldestMs: 0 })).toBe(10_000);
  expect(currentSince(10_000, { entries: 7, oldestMs: 250.4 })).toBe(9_749);
});

test('a log whose entries come from the future tells nothing', () => {
  expect(currentSince(10_000, { entries: 1, oldestMs: 0 })).toBeNull();
});
