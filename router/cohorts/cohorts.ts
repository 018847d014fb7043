import { murmur3 } from './murmur3.ts';

/** Cohorts are cut from this many buckets, so a percentage may have two decimals. */
export const cohortBuckets = 10_000;

/**
 * The bucket, 0–9999, of an identity in a feature. The salt keeps features apart: who is first in one canary is not
 * first in all. The zero byte between keeps salt "a" + identity "bc" apart from "ab" + "c".
 */
export function bucketOf(salt: string, identity: string): number {
  return murmur3(`${salt}\u0000${identity}`) % cohortBuckets;
}

/**
 * How many buckets a percentage (0–100, two decimals) takes. The cohort is every bucket below: a ramp is monotone, and
 * whoever is inside 5 % stays inside 10 %.
 */
export function bucketsBelow(percent: number): number {
  return Math.min(cohortBuckets, Math.max(0, Math.round(percent * 100)));
}
