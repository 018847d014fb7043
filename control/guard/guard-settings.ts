/**
 * What a guard does when the service proves worse. `freeze`: the percentage stays as it is. `step-back`: it goes back to what it was
 * before the ramp; after a cutover all reads go to legacy. `rollback`: after a cutover, the rows go back too.
 */
export type GuardAction = 'freeze' | 'step-back' | 'rollback';

export interface GuardSettings {
  readonly action: GuardAction;
  /** Told of every breach, besides; null: nobody. */
  readonly webhook: string | null;
  /** A guarded ramp that is all well is stopped with at most this probability, from its first step to its last. */
  readonly falseAlarms: number;
  /** Requests that each side must have had in a step before the next one may come. */
  readonly minimumRequests: number;
  /** The service's odds of an error, or of a slow answer, may be so many times legacy's. */
  readonly toleratedOdds: number;
  /** A share of errors that is of no interest. */
  readonly negligibleErrors: number;
  /** A share of answers that differ from legacy's that is of no interest. */
  readonly negligibleMismatches: number;
}

export const defaultGuardSettings: GuardSettings = {
  action: 'step-back',
  webhook: null,
  falseAlarms: 0.01,
  minimumRequests: 200,
  toleratedOdds: 1.2,
  negligibleErrors: 0.001,
  negligibleMismatches: 0.001,
};
