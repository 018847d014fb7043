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
export const leaseMarginMs = 250;

/** In a large fleet a report stands for so many leases, since each is a commit of the store's server. */
const leasesInReport = 5;

/** How long the report of one of so many replicas stands, milliseconds: see `StandingReport`. */
export function standsMs(replicas: number, leaseMs: number): number {
  return replicas <= smallFleet ? leaseMs : leasesInReport * leaseMs;
}

/** How long the store keeps a report that stands for so long. */
export function storedMicros(standsMs: number): number {
  return (standsMs + leaseMarginMs) * 1_000;
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

const firstCountMs = 250;

/**
 * Between two counts of the replicas, milliseconds: a look at every replica's row, so the more there are, the less often each takes it.
 * `counted`: how often it has. A fleet that starts together must not take itself for a small one for long.
 */
export function countMs(replicas: number, everyMs: number, counted: number): number {
  return Math.min(everyMs * Math.max(1, replicas / smallFleet), firstCountMs * 2 ** counted);
}
