export interface BeatTimes {
  /** Between the starts of two beats, milliseconds. */
  readonly everyMs: number;
  /** How long the last one took. */
  readonly tookMs: number;
  /** Of the lease, from now on. */
  readonly leaseLeftMs: number;
  /** Many replicas ask the same store. */
  readonly isLargeFleet: boolean;
  /** A hold is in force, and nothing of it is to be said. */
  readonly holds: boolean;
}

/** A replica that only waits leaves the store so many times as long to others as its own beat took. */
const spareShare = 3;

/**
 * From the end of a beat to the start of the next, milliseconds. In a large fleet a replica that holds has said what a barrier waits for: where
 * the store takes long to answer, those go first that have not, and no lease is risked for that. Pure.
 */
export function beatPauseMs({ everyMs, tookMs, leaseLeftMs, isLargeFleet, holds }: BeatTimes): number {
  const usual = everyMs - tookMs;
  if (!isLargeFleet || !holds) return usual;
  return Math.max(usual, Math.min(spareShare * tookMs, leaseLeftMs / 3));
}
