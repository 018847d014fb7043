import { describeMachine, type Machine } from '../../runs/machine.ts';
import { withRunContext } from '../../runs/run-context.ts';
import type { Bench, BenchPlan, RatioSpec } from '../bench.ts';
import { median, spreadPercent } from './median.ts';

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
}

export interface RunBenchOptions {
  readonly bench: Bench;
  readonly rounds: number;
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

type Samples = Map<string, Readonly<Record<string, number>>[]>;

/** Sets a bench up, lets its subjects take turns, and stops everything that it started, whatever happens. */
export async function runBench(
  options: RunBenchOptions,
): Promise<{ result: BenchResult; details: BenchDetails }> {
  const { bench, log, signal } = options;
  const machine = describeMachine();
  return withRunContext({ name: `bench-${bench.name}`, signal, log }, async (context) => {
    const plan = await bench.setup({ ...context, quick: options.quick });
    const samples = await takeTurns(plan, options);
    return summarize({ bench, machine, plan, samples, rounds: options.rounds });
  });
}

/** Every round measures every subject once; every second round in the opposite order, so that none always goes first. */
async function takeTurns(plan: BenchPlan, options: RunBenchOptions): Promise<Samples> {
  const samples: Samples = new Map(plan.subjects.map((subject) => [subject.name, []]));
  for (let index = 0; index <= options.rounds; index++) {
    const order = index % 2 === 0 ? plan.subjects : [...plan.subjects].reverse();
    for (const subject of order) {
      options.signal.throwIfAborted();
      const metrics = await subject.measure({ index, signal: options.signal });
      for (const [metric, value] of Object.entries(metrics)) {
        if (!Number.isFinite(value)) throw new Error(`${subject.name}: ${metric} is ${value}, not a number`);
      }
      const shown = Object.entries(metrics).map(([metric, value]) => `${metric} ${round3(value)}`);
      options.log(`${index === 0 ? 'warm-up' : `round ${index}`}  ${subject.name}: ${shown.join(', ')}`);
      if (index > 0) samples.get(subject.name)?.push(metrics);
    }
  }
  return samples;
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
    subjects[name] = Object.fromEntries(metrics.map((metric) => [metric, round3(median(valuesOf(metric)))]));
    spread[name] = Object.fromEntries(
      metrics.map((metric) => [metric, round3(spreadPercent(valuesOf(metric)))]),
    );
  }
  const ratios: Record<string, number> = {};
  for (const ratio of plan.ratios) {
    const of = samples.get(ratio.of) ?? [];
    const over = samples.get(ratio.over) ?? [];
    const quotients = of.map(
      (row, index) => (row[ratio.metric] ?? Number.NaN) / (over[index]?.[ratio.metric] ?? Number.NaN),
    );
    // A peer that is not installed here has no subject: its ratio is left out rather than made up.
    if (quotients.length > 0 && over.length > 0) ratios[ratio.name] = round3(median(quotients));
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
    details: { rounds, spreadPercent: spread, ratioSpecs: plan.ratios, missed },
  };
}

/** Three figures after the point, more for small numbers: enough to compare, few enough to read. */
function round3(value: number): number {
  return Math.abs(value) >= 1 ? Math.round(value * 1000) / 1000 : Number(value.toPrecision(4));
}
