import { describeMachine, type Machine } from '../../runs/machine.ts';
import { withRunContext } from '../../runs/run-context.ts';
import type { Bench, BenchPlan, RatioSpec } from '../bench.ts';
import { median, spreadPercent } from './median.ts';
import { rounded, type Samples, takeTurns } from './take-turns.ts';

export interface BenchResult {
  readonly bench: string;
  readonly machine: Machine;
  /** Median over the measured rounds, by subject and metric. */
  readonly subjects: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Median over the rounds of the quotient within each round. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** What people want beside the medians. */
export interface BenchDetails {
  readonly rounds: number;
  readonly spreadPercent: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ratioSpecs: readonly RatioSpec[];
  readonly missed: readonly RatioSpec[];
  /** Subjects that the bench has and that could not be measured, or for which there was no time. */
  readonly unmeasured: readonly string[];
}

export interface RunBenchOptions {
  readonly bench: Bench;
  readonly rounds: number;
  readonly quick: boolean;
  readonly cases?: readonly string[] | null;
  readonly peers?: readonly string[] | null;
  /** How long all rounds may take together; left out: as long as they take. */
  readonly minutes?: number;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** Given each case's own result as soon as it is done, where there are several. */
  readonly onCase?: (result: BenchResult, details: BenchDetails) => void;
}

/** Sets a bench up, lets its subjects take turns, and stops everything that it started, whatever happens. */
export async function runBench(
  options: RunBenchOptions,
): Promise<{ result: BenchResult; details: BenchDetails }> {
  const { bench, log, signal } = options;
  const machine = describeMachine();
  return withRunContext({ name: `bench-${bench.name}`, signal, log }, async (context) => {
    const { quick, cases = null, peers = null } = options;
    const plan = await bench.setup({ ...context, quick, cases, peers });
    const { rounds, minutes = Number.POSITIVE_INFINITY } = options;
    const samples = await takeTurns(plan, {
      ...{ rounds, signal, log },
      until: performance.now() + minutes * 60_000,
      onCase(name, done) {
        if (name === '' || options.onCase === undefined) return;
        const { result, details } = summarize({
          bench,
          machine,
          plan: planOf(plan, name),
          samples: done,
          rounds,
        });
        options.onCase({ ...result, bench: `${bench.name} ${name}` }, details);
      },
    });
    return summarize({ bench, machine, plan, samples, rounds });
  });
}

/** What of it is about one case. */
function planOf(plan: BenchPlan, name: string): BenchPlan {
  const subjects = plan.subjects.filter((subject) => subject.case === name);
  const named = new Set(subjects.map((subject) => subject.name));
  return { subjects, ratios: plan.ratios.filter(({ of, over = of }) => named.has(of) && named.has(over)) };
}

function summarize(input: {
  bench: Bench;
  machine: Machine;
  plan: BenchPlan;
  samples: Samples;
  rounds: number;
}): { result: BenchResult; details: BenchDetails } {
  const { bench, machine, plan, samples, rounds } = input;
  const subjects: Record<string, Record<string, number>> = {};
  const spread: Record<string, Record<string, number>> = {};
  for (const [name, rows] of samples) {
    const metrics = Object.keys(rows[0] ?? {});
    const valuesOf = (metric: string) => rows.map((row) => row[metric] ?? Number.NaN);
    subjects[name] = Object.fromEntries(metrics.map((metric) => [metric, rounded(median(valuesOf(metric)))]));
    spread[name] = Object.fromEntries(
      metrics.map((metric) => [metric, rounded(spreadPercent(valuesOf(metric)))]),
    );
  }
  const ratios: Record<string, number> = {};
  for (const ratio of plan.ratios) {
    const of = samples.get(ratio.of) ?? [];
    const over = ratio.over === undefined ? null : (samples.get(ratio.over) ?? []);
    const values = of.map((row, index) => {
      const value = row[ratio.metric] ?? Number.NaN;
      return over === null ? value : value / (over[index]?.[ratio.metric] ?? Number.NaN);
    });
    // A peer that is not installed here has no subject: its ratio is left out rather than made up.
    if (values.length > 0 && over?.length !== 0) ratios[ratio.name] = rounded(median(values));
  }
  const missed = plan.ratios.filter((ratio) => {
    const value = ratios[ratio.name];
    if (value === undefined) return false;
    return (
      (ratio.atMost !== undefined && value > ratio.atMost) ||
      (ratio.atLeast !== undefined && value < ratio.atLeast)
    );
  });
  return {
    result: { bench: bench.name, machine, subjects, ratios },
    details: {
      ...{ rounds, spreadPercent: spread, ratioSpecs: plan.ratios, missed },
      unmeasured: plan.subjects.map(({ name }) => name).filter((name) => !samples.has(name)),
    },
  };
}
