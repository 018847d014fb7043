import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../../control/api/index.ts';
import { handoversOf } from '../../../../control/api/words/handovers.ts';

const entry = (
  id: number,
  action: string,
  details: AuditEntry['details'],
  more: Partial<AuditEntry> = {},
): AuditEntry => ({
  ...{ id, action, details, at: new Date(id * 1_000).toISOString(), who: 'anna', why: 'because' },
  ...{ feature: 'parcels', from: null, to: null, version: id },
  ...more,
});
const gate = [{ check: 'backlog', ok: true, detail: '0 dirty keys' }];

test('handovers are put together from the audit log, newest first, each step with its place in time', () => {
  const early = [
    { step: 'hold', ms: 4 },
    { step: 'barrier', ms: 6 },
  ];
  const entries = [
    entry(9, 'pause', null),
    entry(8, 'rollback: hold', { handover: 'c' }),
    entry(7, 'cutover: release', { handover: 'b', steps: [...early, { step: 'open', ms: 5 }], holdMs: 15.5 }),
    entry(6, 'cutover: decide', { handover: 'b', steps: early }),
    entry(5, 'cutover: hold', { handover: 'b', gate }),
    entry(4, 'cutover: release to legacy', { handover: 'a' }),
    entry(3, 'cutover: abort', { handover: 'a', steps: early }, { why: 'the log was not empty' }),
    entry(2, 'cutover: hold', { handover: 'a' }),
    entry(1, 'copy', null),
  ];
  expect(handoversOf(entries)).toMatchObject([
    { id: 'c', direction: 'rollback', outcome: 'under way', holdMs: null, steps: [] },
    {
      ...{ id: 'b', direction: 'cutover', outcome: 'done', because: null, holdMs: 15.5, gate },
      steps: [
        { step: 'hold', fromMs: 0, ms: 4 },
        { step: 'barrier', fromMs: 4, ms: 6 },
        { step: 'open', fromMs: 10, ms: 5 },
      ],
    },
    // Nobody took the time of the way back: it is between two entries.
    { id: 'a', outcome: 'taken back', because: 'the log was not empty', holdMs: 2_000 },
  ]);
  // A log that begins in the middle of one.
  expect(handoversOf(entries.slice(0, 3))).toHaveLength(1);
});
