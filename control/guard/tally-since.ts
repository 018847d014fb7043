import { emptyRouteTally, type PathCounts, type ShadowTally } from '../../router/shadow/tally/index.ts';

/** What of a tally has to be remembered to know later what came since: no samples, and nothing that a guard does not judge. */
export type TallyMark = Readonly<
  Record<string, { readonly compared: number; readonly paths: Readonly<Record<string, LookCounts>> }>
>;

type LookCounts = Pick<PathCounts, 'persisted' | 'wavered'>;

export function markOf(tally: ShadowTally): TallyMark {
  return Object.fromEntries(
    Object.entries(tally).map(([route, { compared, paths }]) => [
      route,
      {
        compared,
        paths: Object.fromEntries(
          Object.entries(paths).map(([key, { persisted, wavered }]) => [key, { persisted, wavered }]),
        ),
      },
    ]),
  );
}

/** The tally of what came since the mark was made. Counts never go back while the run is the same. */
export function tallySince(tally: ShadowTally, mark: TallyMark): ShadowTally {
  return Object.fromEntries(
    Object.entries(tally).map(([route, one]) => {
      const before = Object.hasOwn(mark, route) ? mark[route]! : { compared: 0, paths: {} };
      const paths = Object.entries(one.paths).map(([key, counts]): [string, PathCounts] => {
        const known = Object.hasOwn(before.paths, key) ? before.paths[key]! : { persisted: 0, wavered: 0 };
        const since = (of: keyof LookCounts) => Math.max(0, counts[of] - known[of]);
        return [key, { ...counts, persisted: since('persisted'), wavered: since('wavered') }];
      });
      const compared = Math.max(0, one.compared - before.compared);
      return [route, { ...emptyRouteTally, compared, paths: Object.fromEntries(paths) }];
    }),
  );
}
