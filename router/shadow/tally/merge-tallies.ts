import { keptSamples } from './kept-samples.ts';
import {
  emptyRouteTally,
  noCounts,
  type PathCounts,
  type RouteTally,
  type ShadowTally,
} from './shadow-tally.ts';

/**
 * The tallies of several routers as one. Counts add up; of the samples the first ones are kept. The order in which tallies
 * are merged does not matter.
 */
export function mergeTallies(tallies: readonly ShadowTally[]): ShadowTally {
  const merged: Record<string, RouteTally> = {};
  for (const tally of tallies) {
    for (const [route, one] of Object.entries(tally)) {
      merged[route] = mergeRoutes(Object.hasOwn(merged, route) ? merged[route]! : emptyRouteTally, one);
    }
  }
  return merged;
}

function mergeRoutes(a: RouteTally, b: RouteTally): RouteTally {
  return {
    compared: a.compared + b.compared,
    differing: a.differing + b.differing,
    repeated: a.repeated + b.repeated,
    omitted: mergeRecords(a.omitted, b.omitted, (x = 0, y = 0) => x + y),
    crowded: a.crowded + b.crowded,
    paths: mergeRecords(a.paths, b.paths, addCounts),
    samples: mergeRecords(a.samples, b.samples, (x = [], y = []) => keptSamples([...x, ...y])),
  };
}

function addCounts(a: PathCounts = noCounts, b: PathCounts = noCounts): PathCounts {
  return {
    differed: a.differed + b.differed,
    persisted: a.persisted + b.persisted,
    wavered: a.wavered + b.wavered,
    settled: a.settled + b.settled,
    noise: a.noise + b.noise,
  };
}

/** Keys come from answers: one called `__proto__` is a key like any. */
function mergeRecords<V>(
  a: Readonly<Record<string, V>>,
  b: Readonly<Record<string, V>>,
  merge: (x: V | undefined, y: V | undefined) => V,
): Record<string, V> {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const value = (record: Readonly<Record<string, V>>, key: string) =>
    Object.hasOwn(record, key) ? record[key] : undefined;
  return Object.fromEntries([...keys].map((key) => [key, merge(value(a, key), value(b, key))]));
}
