import type { RunContext } from '../runs/run-context.ts';

/**
 * What a benchmark is. Each lives in a module `scripts/bench/<name>.ts` that exports `bench: Bench`; the runner
 * (`npm run bench -- NAME`) finds it by that name, alternates its subjects over rounds in one run on one machine, and prints
 * medians. Peers are subjects like any other: a ratio only counts when both were measured in turns.
 *
 * Import heavy things inside `setup`: the list of benches imports every module.
 */
export interface Bench {
  /** The module's name. */
  readonly name: string;
  /** One line for the list: what is measured against what. */
  readonly summary: string;
  /** Measured rounds over all subjects (after one that warms up and is thrown away). Default 5. */
  readonly rounds?: number;
  /** How long all rounds together may take unless `--minutes` says otherwise: those that do not fit are left out, and said so. */
  readonly minutes?: number;
  /** How `--cases` names what is measured; left out: there is no choice. */
  readonly cases?: string;
  /** What `--peers` may name. */
  readonly peers?: string;
  /**
   * Starts what the subjects share (servers, data, load generators). Whatever it starts it hands to `context.defer`
   * at once, so that it is stopped in reverse order whatever happens.
   */
  setup(context: BenchContext): Promise<BenchPlan>;
}

export interface BenchContext extends RunContext {
  /** `--quick`: the same measurement, smaller: for trying a bench out, not for numbers to quote. */
  readonly quick: boolean;
  /** `--cases`; null: the usual ones. */
  readonly cases: readonly string[] | null;
  /** `--peers`; null: the usual ones. */
  readonly peers: readonly string[] | null;
}

/** What `setup` hands to the runner. */
export interface BenchPlan {
  /** In the order in which they take turns. */
  readonly subjects: readonly BenchSubject[];
  readonly ratios: readonly RatioSpec[];
}

export interface BenchSubject {
  readonly name: string;
  /**
   * The case that it belongs to: the subjects of one take turns among themselves, and its result is shown as soon as it is there. Left out: all
   * belong together.
   */
  readonly case?: string;
  /**
   * One measurement, a few seconds long. Returns numbers by metric name, with the unit in the name: `requestsPerSecond`,
   * `p99Ms`, `cpuMicrosPerRequest`. Throws when it could not measure: a wrong answer or an error is never a number.
   */
  measure(round: Round): Promise<Readonly<Record<string, number>>>;
}

export interface Round {
  /** 0 is the warm-up, thrown away. */
  readonly index: number;
  readonly signal: AbortSignal;
}

/**
 * `of` over `over` in `metric`: the median over the rounds of the quotient within each round. Without `over` it is the median
 * of `of` itself: a figure that has a target of its own.
 */
export interface RatioSpec {
  readonly name: string;
  readonly metric: string;
  readonly of: string;
  readonly over?: string;
  /** A target to hold, if there is one: shown beside the number; `--check` makes a miss an exit status of 1. */
  readonly atMost?: number;
  readonly atLeast?: number;
}
