import type { Side } from '../../common/side.ts';
import { parseDifferenceKey } from '../../router/shadow/compare/index.ts';
import type { ShadowTally } from '../../router/shadow/tally/index.ts';
import { type IgnoreRule, ruleFor } from '../diff/ignore-rule.ts';
import { addAbove, excessEvidence, noExcess } from '../statistics/excess-evidence.ts';
import { logMeanExp } from '../statistics/log-mean-exp.ts';
import { persistenceEvidence } from '../statistics/persistence-evidence.ts';
import { type GuardEvidence, type Measure, type MeasureEvidence, measures } from './guard-evidence.ts';
import type { GuardSettings } from './guard-settings.ts';

export interface Breach {
  readonly measure: Measure | 'mismatches';
  /** Where the evidence is strongest. */
  readonly route: string;
  /** For people. */
  readonly what: string;
  /** A probability: how easily chance alone would have come to this, at whatever time. */
  readonly pValue: number;
}

export interface GuardVerdict {
  /** `waiting`: with so little traffic there is neither a pass nor a fail. */
  readonly verdict: 'waiting' | 'well' | 'breach';
  readonly breaches: readonly Breach[];
  /** Requests in this step, all routes. */
  readonly requests: { readonly legacy: number; readonly service: number };
}

export interface GuardQuestion {
  readonly evidence: GuardEvidence;
  /** Of the shadow in this step; null where there is none. */
  readonly tally: ShadowTally | null;
  readonly ignore: readonly IgnoreRule[];
  /** Steps of the ramp, over which the probability of a false alarm is shared out. */
  readonly steps: number;
  /** True when all reads go to the service: nothing of legacy's can be waited for. */
  readonly whole: boolean;
  readonly settings: GuardSettings;
}

/** What the evidence of a step says. Pure. */
export function judgeGuard(question: GuardQuestion): GuardVerdict {
  const { evidence, settings, steps, whole } = question;
  const needed = Math.log(((measures.length + 1) * steps) / settings.falseAlarms);
  const breaches = [...measures.map((measure) => ofMeasure(measure, question)), ofMismatches(question)]
    .filter((one) => one !== null && one.log >= needed)
    .map((one) => one!.breach);
  const total = (side: Side) =>
    Object.values(evidence).reduce((sum, { counts }) => sum + counts[side].requests, 0);
  const requests = { legacy: total('legacy'), service: total('service') };
  const enough =
    requests.service >= settings.minimumRequests && (whole || requests.legacy >= settings.minimumRequests);
  return { verdict: breaches.length > 0 ? 'breach' : enough ? 'well' : 'waiting', breaches, requests };
}

interface Suspicion {
  readonly log: number;
  readonly breach: Breach;
}

/**
 * Half of the weight lies on all routes together, half on each for itself: one bad route among many shows, and so does a little on
 * all. A mean of e-values is an e-value, and the smaller of two is one for either hypothesis.
 */
function ofMeasure(measure: Measure, { evidence, whole }: GuardQuestion): Suspicion | null {
  const routes = Object.entries(evidence);
  if (routes.length === 0) return null;
  const logOf = ({ relative, absolute }: MeasureEvidence) => {
    const above = excessEvidence(absolute);
    return whole ? above : Math.min(above, excessEvidence(relative));
  };
  const single = routes.map(([, one]) => logOf(one.measures[measure]));
  const sum = (of: keyof MeasureEvidence) =>
    noExcess.map((_, i) => routes.reduce((total, [, one]) => total + one.measures[measure][of][i]!, 0));
  const together = logOf({ relative: sum('relative'), absolute: sum('absolute') });
  const log = logMeanExp([together, ...single], [0.5, ...single.map(() => 0.5 / single.length)]);
  const [route, worst] = routes[single.indexOf(Math.max(...single))]!;
  return {
    log,
    breach: { measure, route, what: describe(measure, worst, whole), pValue: Math.min(1, Math.exp(-log)) },
  };
}

function describe(measure: Measure, { counts, buckets }: GuardEvidence[string], whole: boolean): string {
  const percent = (part: number, whole: number) =>
    `${whole === 0 ? 0 : Number(((100 * part) / whole).toPrecision(2))} % of ${whole}`;
  const both = (bad: (side: Side) => number) => {
    const at = `${percent(bad('service'), counts.service.requests)} at the service`;
    return whole ? at : `${at}, ${percent(bad('legacy'), counts.legacy.requests)} at legacy`;
  };
  if (measure === 'errors') return `errors: ${both((side) => counts[side].errors)}`;
  const legacysOwn = `${whole ? 'twice ' : ''}legacy's ${measure}`;
  const beyond = (buckets[measure] ?? 0) + 1;
  const slow = (side: Side) => counts[side].latencies.slice(beyond).reduce((sum, count) => sum + count, 0);
  return `answers slower than ${legacysOwn}: ${both(slow)}`;
}

/** Of the places that differ: whether one does by more than noise, and in more than a negligible share. */
function ofMismatches({ tally, ignore, settings }: GuardQuestion): Suspicion | null {
  const places = Object.entries(tally ?? {}).flatMap(([route, one]) =>
    Object.entries(one.paths)
      .filter(([key]) => ruleFor(ignore, route, parseDifferenceKey(key)) === null)
      .map(([key, counts]) => {
        const bad = Math.min(one.compared, counts.persisted);
        const share = excessEvidence(addAbove(noExcess, one.compared, bad, settings.negligibleMismatches));
        const log = Math.min(share, persistenceEvidence(counts.persisted, counts.wavered));
        return { route, key, log, compared: one.compared, bad };
      }),
  );
  if (places.length === 0) return null;
  const log = logMeanExp(
    places.map((place) => place.log),
    places.map(() => 1 / places.length),
  );
  const worst = places.reduce((a, b) => (b.log > a.log ? b : a));
  const { kind, path } = parseDifferenceKey(worst.key);
  const what = `${path} (${kind}) differs from legacy's in ${worst.bad} of ${worst.compared} answers`;
  return {
    log,
    breach: { measure: 'mismatches', route: worst.route, what, pValue: Math.min(1, Math.exp(-log)) },
  };
}
