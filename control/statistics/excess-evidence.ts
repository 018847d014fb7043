import { logMeanExp } from './log-mean-exp.ts';

/** How many times the bad events at the service exceed what is tolerated, if they do. Even weights. */
const excesses = [1.3, 1.7, 2.5, 4, 8, 20] as const;
const weights = excesses.map(() => 1 / excesses.length);
const mostProbable = 0.98;

/** Events at both sides in the same stretch of time, on the same route. */
export interface PairedCounts {
  readonly serviceRequests: number;
  readonly serviceBad: number;
  readonly legacyRequests: number;
  readonly legacyBad: number;
}

/** For each alternative the logarithm of its likelihood ratio so far: plain data, added up over time. */
export type ExcessLogs = readonly number[];

export const noExcess: ExcessLogs = excesses.map(() => 0);

/**
 * Evidence that the odds of a bad event at the service are more than `tolerated` times legacy's, whatever legacy's are at
 * that time: an incident that strikes both sides is none.
 *
 * Given how many bad events there were in a stretch of time, the hypothesis says how likely each of them was at the service: by the
 * service's share of the traffic (Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022). The true
 * distribution, drawn without replacement, is dominated in the convex order by the binomial one that is used (Hoeffding 1963), so
 * the likelihood ratio has a mean of at most 1. Stretches multiply; the mixture over alternatives is an e-process, which
 * ever exceeds 1/a with a probability of at most a however often one looks (Ville).
 */
export function addExcess(logs: ExcessLogs, counts: PairedCounts, tolerated: number): ExcessLogs {
  const { serviceRequests, serviceBad, legacyRequests, legacyBad } = counts;
  if (serviceRequests === 0 || legacyRequests === 0 || serviceBad + legacyBad === 0) return logs;
  const shareAt = (odds: number) => (serviceRequests * odds) / (serviceRequests * odds + legacyRequests);
  const share = shareAt(tolerated);
  return excesses.map((excess, index) => {
    const alternative = shareAt(tolerated * excess);
    const gained =
      serviceBad * Math.log(alternative / share) + legacyBad * Math.log((1 - alternative) / (1 - share));
    return logs[index]! + gained;
  });
}

/** The same for a bound that depends on nothing: that a request at the service is bad with more than this probability. */
export function addAbove(logs: ExcessLogs, requests: number, bad: number, bound: number): ExcessLogs {
  if (requests === 0) return logs;
  return excesses.map((excess, index) => {
    const alternative = Math.min(mostProbable, bound * excess);
    if (alternative <= bound) return logs[index]!;
    const gained =
      bad * Math.log(alternative / bound) + (requests - bad) * Math.log((1 - alternative) / (1 - bound));
    return logs[index]! + gained;
  });
}

/** The logarithm of the e-value. */
export function excessEvidence(logs: ExcessLogs): number {
  return logMeanExp(logs, weights);
}
