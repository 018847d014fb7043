/** Points of a line over the last minutes. */
export const historyMs = 5 * 60_000;

/** With one more point, without those that are too old. A point at the same time takes the other's place. */
export function withPoint<P extends { readonly at: number }>(points: readonly P[], point: P): readonly P[] {
  const kept = points.filter(({ at }) => at < point.at && point.at - at <= historyMs);
  return [...kept, point];
}
