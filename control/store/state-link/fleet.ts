/** So many routers beat as often as they like, each by itself. */
const smallFleet = 50;

/** Around a handover all replicas together may beat this often, each at most every 10 ms. */
const hurriedBeatsPerSecond = 2_500;
const hurryAtLeastMs = 10;

/** Otherwise all together this often, but each at least three times in its lease; a small fleet as often as it likes. */
const calmBeatsPerSecond = 500;
export const beatsInLease = 3;

/**
 * The store waits this much longer than it promised the replica, milliseconds, so that clocks which run at slightly different
 * speeds err on the safe side: the replica stops first.
 */
const leaseMarginMs = 250;

/** How long the store keeps a lease of `leaseMs`. */
export function leaseMicros(leaseMs: number): number {
  return (leaseMs + leaseMarginMs) * 1_000;
}

/** Between the starts of two beats of one of so many replicas around a handover, milliseconds. */
export function hurryMs(replicas: number): number {
  return Math.max(hurryAtLeastMs, (replicas / hurriedBeatsPerSecond) * 1_000);
}

/** The same at all other times; null: as often as it is configured. */
export function calmMs(replicas: number, leaseMs: number): number | null {
  if (replicas <= smallFleet) return null;
  return Math.min(leaseMs / beatsInLease, (replicas / calmBeatsPerSecond) * 1_000);
}

/** Between two counts of the replicas, milliseconds: a look at every replica's row, so the more there are, the less often each takes it. */
export function countMs(replicas: number, everyMs: number): number {
  return everyMs * Math.max(1, replicas / smallFleet);
}
