import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shardKeys } from '../../../mover/apply/shard-keys.ts';
import { keyId } from '../../../mover/plan/key-range.ts';

const key = (text: string) => [Buffer.from(text)];

it('puts no two spellings of one key into two batches, and leaves none out', () => {
  const entries = fc.array(fc.record({ rank: fc.integer({ min: 1, max: 12 }), upper: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      entries,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      (list, shards, size) => {
        // Dense, as a server counts them.
        const dense = [...new Set(list.map(({ rank }) => rank))].sort((a, b) => a - b);
        const ranks = list.map(({ rank }) => dense.indexOf(rank) + 1);
        const spelling = (at: number) => `${list[at]?.upper ? 'K' : 'k'}${ranks[at]}`;
        const keys = list.map((_, at) => key(spelling(at)));
        const batches = shardKeys({ keys, ranks }, shards, size);
        expect(batches.length).toBeLessThanOrEqual(shards);
        expect(batches.flat().map(keyId).sort()).toEqual([...new Set(keys.map(keyId))].sort());
        const where = batches.map((batch) => new Set(batch.map(([text]) => text?.toString().toLowerCase())));
        expect(where.reduce((sum, set) => sum + set.size, 0)).toBe(dense.length);
      },
    ),
    { numRuns: 300 },
  );
});

it('makes batches of about the size, as many as there may be', () => {
  const keys = Array.from({ length: 10 }, (_, n) => key(String(n)));
  const ranks = keys.map((_, n) => n + 1);
  expect(shardKeys({ keys, ranks }, 3, 4).map((batch) => batch.length)).toEqual([4, 3, 3]);
  expect(shardKeys({ keys, ranks }, 3, 10)).toHaveLength(1);
  expect(shardKeys({ keys }, 3, 1)).toHaveLength(1);
});
