import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type VerifiedRange, VerifiedRanges } from '../../../mover/verify/verified-ranges.ts';

const keys = 60;
const key = (value: number) => [Buffer.from(String(value))];
const number = (bound: readonly (Buffer | null)[] | null, open: number) =>
  bound === null ? open : Number(bound[0]?.toString());
const keysOf = ({ after, upTo }: VerifiedRange) => {
  const [first, last] = [number(after, 0), number(upTo, keys)];
  return Array.from({ length: last - first }, (_, at) => first + at);
};

const step = fc.record({
  /** A look at what is older than that many steps; it is cut off after so many chunks. */
  olderThan: fc.nat(6),
  cutOff: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 1, max: 9 }),
  /** Keys that differ, and chunks that are passed over or do not settle. */
  differs: fc.array(fc.nat(keys - 1), { maxLength: 3 }),
  passedOver: fc.array(fc.nat(12), { maxLength: 4 }),
});

describe('VerifiedRanges', () => {
  it('never says that a key was looked at later than it was, and loses no difference', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 400 }), (steps, rows) => {
        const lookedAt = new Array<number | null>(keys).fill(null);
        const differed = new Array<boolean>(keys).fill(false);
        let stored: readonly VerifiedRange[] = [];
        for (const [now, { olderThan, cutOff, size, differs, passedOver }] of steps.entries()) {
          const ranges = new VerifiedRanges(stored, rows);
          let chunks = 0;
          for (const due of ranges.due(now - olderThan, true)) {
            let left: VerifiedRange | null = due;
            while (left !== null && chunks < cutOff) {
              const end = number(left.upTo, keys);
              const bound = Math.min(end, number(left.after, 0) + size);
              const chunk: number[] = keysOf({ ...left, upTo: key(bound) });
              const different = chunk.filter((one) => differs.includes(one)).length;
              const isLooked = !passedOver.includes(chunks);
              chunks += 1;
              for (const one of isLooked ? chunk : []) {
                lookedAt[one] = now;
                differed[one] = differs.includes(one);
              }
              const upTo: VerifiedRange['upTo'] = bound === end ? left.upTo : key(bound);
              left = ranges.note(left, upTo, isLooked ? { at: now, rows: chunk.length, different } : null);
            }
          }
          stored = ranges.all;
          expect(stored.flatMap(keysOf)).toEqual(Array.from({ length: keys }, (_, at) => at));
          for (const range of stored) {
            const ages = keysOf(range).map((one) => lookedAt[one] ?? null);
            if (range.at !== null) for (const at of ages) expect(at).toBeGreaterThanOrEqual(range.at);
            if (keysOf(range).some((one) => differed[one])) expect(range.different).toBeGreaterThan(0);
          }
        }
        // A look at everything tells everything anew.
        const ranges = new VerifiedRanges(stored, rows);
        for (const due of ranges.due(steps.length))
          ranges.note(due, due.upTo, { at: steps.length, rows: 1, different: 0 });
        expect(ranges.summary).toMatchObject({ different: 0, oldestAt: steps.length });
      }),
    );
  });

  it('keeps few ranges of a table with many chunks, however often it is looked at', () => {
    let stored: readonly VerifiedRange[] = [];
    for (const now of [1, 2, 3]) {
      const ranges = new VerifiedRanges(stored, 1_000_000);
      for (const due of ranges.due(now)) {
        let left: VerifiedRange | null = due;
        for (let end = number(due.after, 0) + 5_000; left !== null; end += 5_000) {
          const last = number(due.upTo, 1_000_000);
          const upTo: VerifiedRange['upTo'] = end >= last ? due.upTo : key(end);
          left = ranges.note(left, upTo, { at: now, rows: 5_000, different: 0 });
        }
      }
      stored = ranges.all;
      expect(stored.length).toBeLessThanOrEqual(80);
      expect(ranges.summary).toEqual({ rows: 1_000_000, different: 0, oldestAt: now });
    }
  });
});
