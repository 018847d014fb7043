import { logMeanExp } from './log-mean-exp.ts';

/** How often a difference would persist if it were real; most real ones persist always. The weights add up to 1. */
const alternatives = [0.55, 0.6, 0.7, 0.8, 0.9, 0.97, 0.9995] as const;
const weights = [0.06, 0.06, 0.07, 0.07, 0.08, 0.16, 0.5] as const;

/**
 * Evidence that one side differs from the other by more than each differs from itself: the logarithm of an e-value.
 *
 * The two proportions are those of McNemar's test (1947): of requests that were asked three times, legacy, the other side, and legacy
 * again, `persisted` counts those where only the other side stood out, `wavered` those where only legacy's second answer did. If the other
 * side's answer is no more unlike legacy's than a further answer of legacy, either is equally likely, so `persisted` of both has a probability of
 * at most 1/2. (A request that was asked again only because a difference was found counts as wavered when legacy contradicts
 * itself. For answers that vary by chance two of three agree in at most half of these cases, so the bound holds there too.)
 *
 * The likelihood ratio against 1/2, averaged over fixed alternatives, is a supermartingale under that hypothesis: by
 * Ville's inequality it ever exceeds 1/a with a probability of at most a. So it may be looked at after every request
 * (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon 2021).
 */
export function persistenceEvidence(persisted: number, wavered: number): number {
  const logs = alternatives.map((p) => persisted * Math.log(2 * p) + wavered * Math.log(2 * (1 - p)));
  return logMeanExp(logs, weights);
}
