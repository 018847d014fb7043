import { expect, test } from 'vitest';
import { judgeOwner } from '../../../control/restored/judge-owner.ts';
import type { LoneStanding } from '../../../mover/index.ts';

const judge = (legacy: LoneStanding, service: LoneStanding, stage: string | null) =>
  judgeOwner({
    standing: { legacy, service },
    mark: stage === null ? null : { entry: 1, hash: '', stage },
  });

test('the side whose tables are open alone owns the rows, whatever was told', () => {
  for (const stage of ['syncing', 'cutting_over', 'extracted', 'rolling_back', null]) {
    expect(judge('fenced', 'open', stage), `${stage}`).toBe('extracted');
    expect(judge('open', 'fenced', stage), `${stage}`).toBe('syncing');
  }
  expect(judge('open', 'partial', 'copying')).toBe('copying');
  expect(judge('open', 'fenced', 'legacy')).toBe('legacy');
  expect(judge('open', 'absent', 'legacy')).toBe('legacy');
});

test('where both are closed the side that was opened last has every write', () => {
  expect(judge('fenced', 'fenced', 'cutting_over')).toBe('syncing');
  expect(judge('fenced', 'fenced', 'rolling_back')).toBe('extracted');
  expect(judge('fenced', 'partial', 'extracted')).toBe('extracted');
  expect(judge('fenced', 'fenced', null)).toBeNull();
});

test('where both take writes only a person knows, unless nothing was moved', () => {
  expect(judge('open', 'open', 'extracted')).toBeNull();
  expect(judge('open', 'open', 'legacy')).toBe('legacy');
  expect(judge('open', 'open', 'no stage')).toBeNull();
});
