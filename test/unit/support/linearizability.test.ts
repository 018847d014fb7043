import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLinearizable } from '../../support/linearizability/is-linearizable.ts';
import type { Operation } from '../../support/linearizability/operation.ts';

const write = (value: number, calledAt: number, returnedAt: number): Operation<number> => ({
  kind: 'write',
  value,
  calledAt,
  returnedAt,
});
const read = (value: number, calledAt: number, returnedAt: number): Operation<number> => ({
  kind: 'read',
  value,
  calledAt,
  returnedAt,
});
const never = Number.POSITIVE_INFINITY;

describe('a history of one register', () => {
  it.each<[string, Operation<number>[]]>([
    ['reads follow writes', [write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)]],
    ['a read beside a write sees either value', [write(1, 0, 10), read(0, 1, 2), read(1, 3, 4)]],
    [
      'two writes side by side, in the order that the read tells',
      [write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)],
    ],
    ['a write without an answer took effect', [write(1, 0, never), read(1, 5, 6)]],
    ['a write without an answer never took effect', [write(1, 0, never), read(0, 5, 6), read(0, 90, 91)]],
    ['a write without an answer takes effect late', [write(1, 0, never), read(0, 5, 6), read(1, 7, 8)]],
  ])('is taken: %s', (_, history) => {
    expect(isLinearizable(0, history)).toBe(true);
  });

  it.each<[string, Operation<number>[]]>([
    ['a stale read after an acknowledged write', [write(1, 0, 1), read(0, 2, 3)]],
    ['a lost write', [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]],
    ['a value that nobody wrote', [write(1, 0, 1), read(7, 2, 3)]],
    [
      'two readers that see the order differently',
      [write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6)],
    ],
    ['a value that comes back', [write(1, 0, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7)]],
    [
      'a write without an answer that is seen and then gone',
      [write(1, 0, never), read(1, 2, 3), read(0, 4, 5)],
    ],
  ])('is rejected: %s', (_, history) => {
    expect(isLinearizable(0, history)).toBe(false);
  });

  it('agrees with trying every order, for random small histories', () => {
    const operation = fc
      .tuple(
        fc.constantFrom('read' as const, 'write' as const),
        fc.nat(2),
        fc.nat(12),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
      )
      .map(
        ([kind, value, calledAt, takes, answered]): Operation<number> => ({
          kind,
          value,
          calledAt,
          returnedAt: answered || kind === 'read' ? calledAt + takes : never,
        }),
      );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (history) => {
        expect(isLinearizable(0, history)).toBe(someOrderHolds(history));
      }),
      { numRuns: 3000 },
    );
  });

  it('takes what a real register did, however the clients overlapped, and rejects it with one read made stale', () => {
    const step = fc.record({ write: fc.boolean(), before: fc.nat(30), after: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 200 }), (steps) => {
        let value = 0;
        const history = steps.map((each, index): Operation<number> => {
          if (each.write) value = index + 1;
          const at = index * 10;
          return {
            kind: each.write ? 'write' : 'read',
            value,
            calledAt: at - each.before,
            returnedAt: at + each.after,
          };
        });
        expect(isLinearizable(0, history)).toBe(true);
        const end = steps.length * 10 + 100;
        if (value !== 0) expect(isLinearizable(0, [...history, read(0, end, end + 1)])).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

/** The definition, word for word: some order of the answered operations and of some unanswered writes. */
function someOrderHolds(history: readonly Operation<number>[]): boolean {
  const place = (rest: readonly Operation<number>[], value: number): boolean => {
    if (rest.every(({ returnedAt }) => returnedAt === never)) return true;
    return rest.some((next, index) => {
      const others = rest.filter((_, other) => other !== index);
      if (others.some(({ returnedAt }) => returnedAt < next.calledAt)) return false;
      if (next.kind === 'read' && next.value !== value) return false;
      return place(others, next.kind === 'write' ? next.value : value);
    });
  };
  return place(history, 0);
}
