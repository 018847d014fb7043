/** How often a field differed: between primary and candidate, and between primary and secondary. */
export interface FieldCounts {
  raw: number;
  noise: number;
}

/**
 * Diffy's rule for what it shows (its documented thresholds: 20 % relative, 0.03 % absolute), computed on its own terms: a second
 * request to the primary for every request.
 */
export function diffyReports({ raw, noise }: FieldCounts, total: number): boolean {
  if (raw <= noise) return false;
  const relative = (Math.abs(raw - noise) / (raw + noise)) * 100;
  const absolute = (Math.abs(raw - noise) / total) * 100;
  return relative > 20 && absolute > 0.03;
}
