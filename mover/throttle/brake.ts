/** Something that a server says of how it fares, and from where on that is too much. */
export interface Sign {
  /** For people: `39 threads run on the source`. */
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** `what` says it all. */
  readonly plain?: true;
}

const leastShare = 1 / 8;

/**
 * How much of its speed a copy keeps: half of it for each look that finds a sign above its limit, and from an eighth on it
 * stands; twice as much for each look that finds none.
 */
export function nextBrake(brake: number, signs: readonly Sign[]): number {
  if (signs.some(isOver)) return brake <= leastShare ? 0 : brake / 2;
  return brake === 0 ? leastShare : Math.min(1, brake * 2);
}

export function isOver({ value, limit }: Sign): boolean {
  return value > limit;
}

export function describeSign({ what, limit, plain }: Sign): string {
  return plain ? what : `${what}, more than ${limit.toLocaleString('en-US')}`;
}
