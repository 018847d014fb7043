/**
 * How much a figure grows for each handover: the slope of Theil and Sen (the median of the slopes of all pairs; Sen 1968),
 * which a few outliers among the samples do not move. 0 for fewer than two samples.
 */
export function growthPerHandover(
  samples: readonly { readonly handovers: number; readonly value: number }[],
): number {
  const slopes = samples.flatMap((one, index) =>
    samples
      .slice(index + 1)
      .filter((other) => other.handovers !== one.handovers)
      .map((other) => (other.value - one.value) / (other.handovers - one.handovers)),
  );
  if (slopes.length === 0) return 0;
  slopes.sort((a, b) => a - b);
  const middle = slopes.length / 2;
  return slopes.length % 2 === 1 ? slopes[Math.floor(middle)]! : (slopes[middle - 1]! + slopes[middle]!) / 2;
}
