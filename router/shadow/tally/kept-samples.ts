import type { DifferenceSample } from './shadow-tally.ts';

export const mostSamples = 3;

/** The first samples, those that legacy confirmed before all others. */
export function keptSamples(samples: readonly DifferenceSample[]): readonly DifferenceSample[] {
  if (samples.length <= 1) return samples;
  return [...samples]
    .sort(
      (a, b) =>
        Number(b.persisted) - Number(a.persisted) || compare(a.at, b.at) || compare(a.requestId, b.requestId),
    )
    .slice(0, mostSamples);
}

/** Without those that are older than they may become. `now`: milliseconds since 1970. */
export function freshSamples(
  samples: Readonly<Record<string, readonly DifferenceSample[]>>,
  now: number,
  lifeMs: number,
): Record<string, readonly DifferenceSample[]> {
  const fresh: [string, readonly DifferenceSample[]][] = [];
  for (const [key, list] of Object.entries(samples)) {
    const left = list.filter(({ at }) => now - Date.parse(at) < lifeMs);
    if (left.length > 0) fresh.push([key, left]);
  }
  return Object.fromEntries(fresh);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
