import { expect, test } from 'vitest';
import { CountsReport } from '../../../router/replica/counts-report.ts';
import type { FeatureRouting } from '../../../router/table/route-table.ts';

test('while somebody looks a router reports now and then; the two reports that figures take come sooner', () => {
  let now = 0;
  const report = new CountsReport({
    features: () => [{ name: 'parcels' } as FeatureRouting],
    ...{ shadow: null, series: () => [], everyMs: 1_000, now: () => now },
  });
  const sentUntil = (end: number) => {
    const sent: number[] = [];
    for (; now <= end; now += 100) if (report.due() !== undefined) sent.push(now);
    return sent;
  };
  expect(sentUntil(900)).toEqual([]);
  report.asked(true);
  expect(sentUntil(3_900)).toEqual([1_000, 1_500, 2_500, 3_500]);
  // Nobody looks any more, then somebody does again.
  report.asked(false);
  expect(sentUntil(5_900)).toEqual([]);
  report.asked(true);
  report.asked(true);
  expect(sentUntil(7_900)).toEqual([6_000, 6_500, 7_500]);
});
