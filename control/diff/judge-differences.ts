import { type DifferenceKind, parseDifferenceKey } from '../../router/shadow/compare/index.ts';
import type {
  DifferenceSample,
  PathCounts,
  RouteTally,
  ShadowTally,
} from '../../router/shadow/tally/index.ts';
import { withinFalseDiscoveryBound } from '../statistics/false-discovery-bound.ts';
import { persistenceEvidence } from '../statistics/persistence-evidence.ts';
import { type IgnoreRule, ruleFor } from './ignore-rule.ts';

/**
 * `different`: the service differs from legacy by more than legacy differs from itself. `noise`: it does not. `behind`: the service
 * gives legacy's answer as soon as its data is current. `undecided`: too little is known. `ignored`: somebody has said why it does
 * not matter.
 */
export type Verdict = 'different' | 'noise' | 'behind' | 'undecided' | 'ignored';

export interface JudgedPath extends PathCounts {
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly verdict: Verdict;
  /** Of the compared requests, 0–1. */
  readonly share: number;
  /** Of the sampled second requests to legacy, 0–1; null where none was made. */
  readonly noiseShare: number | null;
  /** That it is no noise, 0–1: one less the p-value, which may be looked at at any time. */
  readonly confidence: number;
  readonly ignored: IgnoreRule | null;
  readonly samples: readonly DifferenceSample[];
}

export interface JudgedRoute
  extends Pick<RouteTally, 'compared' | 'differing' | 'repeated' | 'omitted' | 'crowded'> {
  readonly route: string;
  /** True when so few requests were compared that nothing can be said of the route. */
  readonly tooFew: boolean;
  /** What matters first. */
  readonly paths: readonly JudgedPath[];
}

export interface JudgeSettings {
  readonly ignore: readonly IgnoreRule[];
  /** Of the differences reported, the expected share that is none is at most this. */
  readonly falseDiscoveryBound: number;
  /** Compared requests below which nothing is said of a route. */
  readonly minimumCompared: number;
}

export const defaultJudgeSettings: JudgeSettings = {
  ignore: [],
  falseDiscoveryBound: 0.02,
  minimumCompared: 50,
};

/** Second looks after which a place that did not prove different is taken for noise. */
const looksForNoise = 20;

/** What the counters of a run say, route by route. Pure. */
export function judgeDifferences(tally: ShadowTally, settings: JudgeSettings): JudgedRoute[] {
  const candidates = Object.entries(tally).flatMap(([route, one]) =>
    Object.entries(one.paths).map(([key, counts]) => ({ route, key, counts, ...parseDifferenceKey(key) })),
  );
  // Who is ignored is no hypothesis, and makes it no harder for the others.
  const asked = candidates.filter(
    (one) =>
      ruleFor(settings.ignore, one.route, one) === null &&
      tally[one.route]!.compared >= settings.minimumCompared,
  );
  const evidence = asked.map(({ counts }) => persistenceEvidence(counts.persisted, counts.wavered));
  const found = withinFalseDiscoveryBound(evidence, settings.falseDiscoveryBound);
  const reported = new Set(
    asked.filter((_, index) => found[index]).map(({ route, key }) => `${route}\n${key}`),
  );
  return Object.entries(tally).map(([route, one]) => ({
    route,
    compared: one.compared,
    differing: one.differing,
    repeated: one.repeated,
    omitted: one.omitted,
    crowded: one.crowded,
    tooFew: one.compared < settings.minimumCompared,
    paths: candidates
      .filter((candidate) => candidate.route === route)
      .map(({ key, path, kind, counts }): JudgedPath => {
        const ignored = ruleFor(settings.ignore, route, { path, kind });
        const different = reported.has(`${route}\n${key}`);
        return {
          path,
          kind,
          ...counts,
          verdict: ignored !== null ? 'ignored' : different ? 'different' : verdictOf(counts, one),
          share: one.compared === 0 ? 0 : counts.differed / one.compared,
          noiseShare: one.repeated === 0 ? null : counts.noise / one.repeated,
          confidence: confidenceOf(counts),
          ignored,
          samples: Object.hasOwn(one.samples, key) ? one.samples[key]! : [],
        };
      })
      .sort(
        (a, b) => rank[a.verdict] - rank[b.verdict] || b.differed - a.differed || (a.path < b.path ? -1 : 1),
      ),
  }));
}

const rank: Readonly<Record<Verdict, number>> = {
  different: 0,
  undecided: 1,
  behind: 2,
  noise: 3,
  ignored: 4,
};

function verdictOf({ differed, persisted, wavered, settled, noise }: PathCounts, route: RouteTally): Verdict {
  if (settled > persisted + wavered) return 'behind';
  if (persisted + wavered >= looksForNoise && persisted <= wavered) return 'noise';
  // Where legacy's own answers differ as often as the sides do there may be no second look that tells one from the other.
  const ownShare = route.repeated < looksForNoise ? 0 : noise / route.repeated;
  if (noise > 0 && 2 * ownShare >= differed / Math.max(1, route.compared)) return 'noise';
  return 'undecided';
}

function confidenceOf({ persisted, wavered }: PathCounts): number {
  return Math.max(0, 1 - Math.exp(-persistenceEvidence(persisted, wavered)));
}
