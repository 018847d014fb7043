import { expect, test } from 'vitest';
import { withinFalseDiscoveryBound } from '../../../../control/statistics/false-discovery-bound.ts';
import { persistenceEvidence } from '../../../../control/statistics/persistence-evidence.ts';
import { randomBy } from '../../../../scripts/runs/random-by.ts';

test('the evidence is an e-value: its mean under chance is 1 after any number of looks', () => {
  for (const looks of [1, 5, 20, 60]) {
    let mean = 0;
    for (let persisted = 0; persisted <= looks; persisted++)
      mean += Math.exp(
        logChoose(looks, persisted) - looks * Math.LN2 + persistenceEvidence(persisted, looks - persisted),
      );
    expect(mean).toBeCloseTo(1, 9);
  }
});

test('looking after every request raises the false alarms no further than the bound', () => {
  const random = randomBy(11);
  const runs = 4_000;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    let [persisted, wavered] = [0, 0];
    for (let look = 0; look < 400; look++) {
      if (random() < 0.5) persisted += 1;
      else wavered += 1;
      if (persistenceEvidence(persisted, wavered) < Math.log(20)) continue;
      alarms += 1;
      break;
    }
  }
  // 5 % at most, by Ville; a test for a fixed number of looks would come to more than 30 % here.
  expect(alarms / runs).toBeLessThan(0.05);
});

test('ten differences that legacy confirms are enough, and a wavering place needs more', () => {
  expect(persistenceEvidence(10, 0)).toBeGreaterThan(Math.log(600));
  expect(persistenceEvidence(10, 10)).toBeLessThan(0);
  expect(persistenceEvidence(140, 60)).toBeGreaterThan(Math.log(1_000));
  expect(persistenceEvidence(100_000, 100_000)).toBeLessThan(0);
  expect(persistenceEvidence(0, 0)).toBe(0);
});

test('e-BH: the more is found, the less each finding needs', () => {
  const logs = (...values: number[]) => values.map(Math.log);
  expect(withinFalseDiscoveryBound(logs(39, 1, 1, 1), 0.1)).toEqual([false, false, false, false]);
  expect(withinFalseDiscoveryBound(logs(41, 1, 1, 1), 0.1)).toEqual([true, false, false, false]);
  expect(withinFalseDiscoveryBound(logs(21, 1, 25, 1), 0.1)).toEqual([true, false, true, false]);
  expect(withinFalseDiscoveryBound([], 0.1)).toEqual([]);
});

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
