import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  newTableProgress,
  parseTableProgress,
  type TableProgress,
} from '../../../mover/bookkeeping/table-progress.ts';
import { type Segment, Segments } from '../../../mover/copy/segments.ts';

const key = (value: number) => [Buffer.from(String(value))];
const number = (bound: readonly (Buffer | null)[] | null, open: number) =>
  bound === null ? open : Number(bound[0]?.toString());

describe('Segments', () => {
  it('covers each key once, whatever order chunks land in and wherever the process dies', () => {
    const keys = 60;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            act: fc.constantFrom('take', 'take', 'land', 'land', 'give back', 'die'),
            size: fc.integer({ min: 1, max: 9 }),
            which: fc.nat(5),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          let kept: TableProgress = newTableProgress;
          let segments = new Segments(kept);
          let inHand: Segment[] = [];
          const landed = new Map<number, number>();
          const take = (size: number) => {
            const segment = segments.take();
            if (segment === null) return;
            const end = number(segment.upTo, keys);
            const bound = number(segment.after, 0) + size;
            segments.cut(segment, bound >= end ? segment.upTo : key(bound));
            inHand.push(segment);
          };
          const land = (which: number) => {
            const [segment] = inHand.splice(which % Math.max(1, inHand.length), 1);
            if (segment === undefined) return;
            for (let n = number(segment.after, 0) + 1; n <= number(segment.upTo, keys); n += 1) {
              landed.set(n, (landed.get(n) ?? 0) + 1);
            }
            kept = { ...kept, ...segments.reachedWith(segment) };
            segment.state = 'landed';
          };
          for (const { act, size, which } of steps) {
            if (act === 'take') take(size);
            if (act === 'land') land(which);
            if (act === 'give back') {
              const [segment] = inHand.splice(which % Math.max(1, inHand.length), 1);
              if (segment) segment.state = 'todo';
            }
            if (act === 'die') {
              inHand = [];
              kept = parseTableProgress(JSON.stringify(kept), 'm', 't');
              segments = new Segments(kept);
            }
          }
          while (segments.hasTodo || inHand.length > 0) {
            if (segments.hasTodo) take(7);
            land(inHand.length - 1);
          }
          expect(kept).toMatchObject({ state: 'copied', ahead: [] });
          expect([...landed.keys()].sort((a, b) => a - b)).toEqual(
            Array.from({ length: keys }, (_, n) => n + 1),
          );
          expect([...landed.values()].every((times) => times === 1)).toBe(true);
          expect(new Segments(kept).hasTodo).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what landed ahead apart from where the copy is, joined where it can be', () => {
    const segments = new Segments(newTableProgress);
    const [one, two, three] = [10, 20, 30].map((bound) => {
      const segment = segments.take() as Segment;
      segments.cut(segment, key(bound));
      return segment;
    });
    const hex = (value: number) => [Buffer.from(String(value)).toString('hex')];
    expect(segments.reachedWith(three as Segment)).toEqual({
      state: 'copying',
      after: null,
      ahead: [{ after: hex(20), upTo: hex(30) }],
    });
    (three as Segment).state = 'landed';
    expect(segments.reachedWith(two as Segment).ahead).toEqual([{ after: hex(10), upTo: hex(30) }]);
    expect(segments.reachedWith(one as Segment)).toEqual({
      state: 'copying',
      after: hex(10),
      ahead: [{ after: hex(20), upTo: hex(30) }],
    });
  });

  it('reads what a version without `ahead` wrote', () => {
    const text = JSON.stringify({ state: 'copying', after: ['3137'], rowsDone: 17, chunks: 2 });
    const segments = new Segments(parseTableProgress(text, 'm', 't'));
    expect(segments.take()).toMatchObject({ after: key(17), upTo: null });
    expect(segments.hasTodo).toBe(false);
  });
});
