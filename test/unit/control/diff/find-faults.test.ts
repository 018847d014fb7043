import { expect, test } from 'vitest';
import { randomBy } from '../../../../scripts/runs/random-by.ts';
import { runTrial, scoreOf } from '../../../../scripts/soak/diff/run-trial.ts';

/** The whole of it is `npm run soak -- diff`. */
test('faults of twelve kinds are told from noise', () => {
  const results = [1, 2].map((seed) => {
    const random = randomBy(seed);
    const shares = Array.from({ length: 12 }, () => 0.0025 * 20 ** random());
    return runTrial({ seed, requests: 4_000, looks: 10, shareOf: (_, i) => shares[i]!, repeatShare: 0.1 });
  });
  const banyan = scoreOf(results.map((result) => result.banyan));
  const diffy = scoreOf(results.map((result) => result.diffy));
  console.log('banyan', banyan, 'Diffy’s rule', diffy);
  expect(banyan.precision).toBeGreaterThanOrEqual(0.99);
  expect(banyan.recall).toBeGreaterThanOrEqual(0.9);
  expect(results.flatMap((result) => result.banyan.everWrong)).toEqual([]);
});

test('where there is only noise nothing is reported, however often one looks', () => {
  const { banyan } = runTrial({ seed: 3, requests: 3_000, looks: 100, shareOf: () => 0, repeatShare: 0.2 });
  expect(banyan.everWrong).toEqual([]);
  expect(banyan.found).toEqual([]);
});
