import type { Option } from 'commander';
import type { RunContext } from '../runs/run-context.ts';

/**
 * What a soak is: a test that takes longer than the suite may. Each lives in a module `scripts/soak/<name>.ts` that
 * exports `soak: Soak`; `npm run soak -- NAME` finds it by that name.
 *
 * Import heavy things inside `run`: the list of soaks imports every module.
 */
export interface Soak {
  /** The module's name. */
  readonly name: string;
  /** One line for the list: what is tried, and how long it takes. */
  readonly summary: string;
  /** Of its own, beside those that all soaks take. */
  readonly options?: readonly Option[];
  /** Whatever it starts it hands to `context.defer` at once. An error that it throws means: it could not be run. */
  run(context: SoakContext): Promise<SoakOutcome>;
}

export interface SoakContext extends RunContext {
  /** `--quick`: the same, smaller: for trying a soak out. */
  readonly quick: boolean;
  /** `--seed`, or one made for this run; printed at the end, so that a failure can be repeated. */
  readonly seed: number;
  /** What its own options were given, by their names in camel case. */
  readonly flags: Readonly<Record<string, unknown>>;
}

export interface SoakOutcome {
  /** Figures for the report, with the unit in the name. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** One sentence for each thing that is not as it must be; empty when all is well. */
  readonly failures: readonly string[];
}
