/**
 * Which hypotheses are rejected so that the expected share of false ones among them is at most `bound`: the e-BH procedure (Wang and
 * Ramdas, "False discovery rate control with e-values", JRSS B 2022). `evidence` holds logarithms of e-values; the answer has a
 * flag for each.
 *
 * Unlike Benjamini–Hochberg it needs no correction for dependence (paths of one body differ together), and with e-values that are
 * valid at any time the bound holds at whatever moment somebody looks.
 */
export function withinFalseDiscoveryBound(evidence: readonly number[], bound: number): boolean[] {
  const falling = [...evidence].sort((a, b) => b - a);
  const threshold = (count: number) => Math.log(evidence.length / (bound * count));
  let rejected = 0;
  for (let count = 1; count <= falling.length; count++)
    if (falling[count - 1]! >= threshold(count)) rejected = count;
  if (rejected === 0) return evidence.map(() => false);
  return evidence.map((one) => one >= threshold(rejected));
}
