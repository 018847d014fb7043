import { expect, test } from 'vitest';
import { BanyanError } from '../../../../common/errors.ts';
import { untilDone } from '../../../../control/conductor/until-done.ts';

test('a step without a way back is tried until it succeeds, and ends for the reason that ends its process', async () => {
  const failures = ['one', 'two'];
  const troubles: string[] = [];
  const onTrouble = (step: string, error: unknown) =>
    void troubles.push(`${step}: ${(error as Error).message}`);
  const { signal } = new AbortController();
  const work = async () => {
    const failed = failures.shift();
    if (failed !== undefined) throw new Error(failed);
    return 'done';
  };
  expect(await untilDone('open', work, { signal, onTrouble })).toBe('done');
  expect(troubles).toEqual(['open: one', 'open: two']);

  const ending = new AbortController();
  const lost = new BanyanError('BANYAN_LEASE_LOST', 'the lease ran out', { fix: 'none' });
  const waiting = untilDone('open', () => Promise.reject(new Error('away')), {
    signal: ending.signal,
    // In the pause before the next try.
    onTrouble: () => void setImmediate(() => ending.abort(lost)),
  });
  await expect(waiting).rejects.toBe(lost);
});
