/** So many routers beat as often as they like, each by itself. */
export const smallFleet = 50;

/** Each router renews its lease at least so often within it. */
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
