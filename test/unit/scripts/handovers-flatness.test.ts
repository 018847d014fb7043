import { expect, test } from 'vitest';
import { flatness } from '../../../scripts/soak/handovers/flatness.ts';
import { growthPerHandover } from '../../../scripts/soak/handovers/growth.ts';

const samples = (figure: string, value: (handovers: number) => number) =>
  Array.from({ length: 20 }, (_, index) => {
    const handovers = (index + 1) * 24;
    return { handovers, figures: new Map([[figure, value(handovers)]]) };
  });

test('growth is the median slope: an outlier does not move it', () => {
  const line = [1, 2, 3, 4, 5].map((handovers) => ({ handovers, value: 2 * handovers }));
  expect(growthPerHandover(line)).toBe(2);
  expect(growthPerHandover(line.with(2, { handovers: 3, value: 900 }))).toBe(2);
  expect(growthPerHandover([{ handovers: 1, value: 3 }])).toBe(0);
});

test('a process that fills its pools first and then stays as it is, is flat', () => {
  const settled = samples(
    'control resident, MB',
    (handovers) => Math.min(180, 100 + handovers) + (handovers % 7),
  );
  expect(flatness(settled).failures).toEqual([]);
});

test('4 MB a handover, a connection in ten, or rows that stay are named', () => {
  expect(flatness(samples('control resident, MB', (handovers) => 100 + 4 * handovers)).failures).toEqual([
    expect.stringContaining('control resident, MB: grew by'),
  ]);
  expect(flatness(samples('legacy connections', (handovers) => handovers / 10)).failures).toHaveLength(1);
  expect(flatness(samples('legacy banyan rows', (handovers) => handovers)).failures).toHaveLength(1);
  expect(flatness(samples('legacy audit rows', (handovers) => 5 * handovers)).failures).toEqual([]);
});
