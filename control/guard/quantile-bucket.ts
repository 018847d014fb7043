/** The bucket in which the quantile lies: at least this share of all lies in it or below. */
export function slowestBucket(latencies: readonly number[], quantile: number): number {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of latencies.entries()) {
    below += count;
    if (below >= quantile * total) return bucket;
  }
  return latencies.length - 1;
}
