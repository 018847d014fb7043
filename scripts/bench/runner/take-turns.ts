import type { BenchPlan, BenchSubject } from '../bench.ts';

export type Samples = ReadonlyMap<string, readonly Readonly<Record<string, number>>[]>;

export interface TurnsOptions {
  readonly rounds: number;
  /** When the last round should be over, by the monotonic clock, milliseconds. */
  readonly until: number;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** Told of each case as it is done. */
  readonly onCase: (name: string, samples: Samples) => void;
}

/** How many rounds a case has at least, however little time is left for it. */
const fewestRounds = 2;

/**
 * Case by case: every round measures every subject once, every second round in the opposite order, so that none always goes first. The
 * time that is left is shared by the cases that are left; one for which there is none is not begun. A subject that could not be measured is left
 * out from there on, and said so. Rejects with its error where nothing else was measured.
 */
export async function takeTurns(plan: BenchPlan, options: TurnsOptions): Promise<Samples> {
  const { log, until } = options;
  const done = new Map<string, readonly Readonly<Record<string, number>>[]>();
  const cases = casesOf(plan.subjects);
  let failure: unknown = null;
  for (const [index, [name, subjects]] of cases.entries()) {
    const left = until - performance.now();
    if (left <= 0) {
      log(`NOT MEASURED: ${name}: the time is up; --minutes gives it more, --cases chooses`);
      continue;
    }
    const samples = new Map<string, Readonly<Record<string, number>>[]>();
    const share = performance.now() + left / (cases.length - index);
    for (let round = 0; round <= options.rounds; round++) {
      if (round > fewestRounds && performance.now() > share) {
        log(
          `${name === '' ? 'it' : name} has ${round - 1} rounds instead of ${options.rounds}: the time is up`,
        );
        break;
      }
      for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
        options.signal.throwIfAborted();
        try {
          const metrics = await measure(subject, round, options);
          if (round > 0) samples.set(subject.name, [...(samples.get(subject.name) ?? []), metrics]);
        } catch (error) {
          options.signal.throwIfAborted();
          failure ??= error;
          log(`NOT MEASURED: ${subject.name}: ${error instanceof Error ? error.message : error}`);
          subjects.splice(subjects.indexOf(subject), 1);
          samples.delete(subject.name);
        }
      }
    }
    for (const [subject, rows] of samples) done.set(subject, rows);
    if (samples.size > 0) options.onCase(name, samples);
  }
  if (failure !== null && done.size === 0) throw failure;
  return done;
}

async function measure(
  subject: BenchSubject,
  index: number,
  { signal, log }: TurnsOptions,
): Promise<Readonly<Record<string, number>>> {
  const metrics = await subject.measure({ index, signal });
  for (const [metric, value] of Object.entries(metrics)) {
    if (!Number.isFinite(value)) throw new Error(`${metric} is ${value}, not a number`);
  }
  const shown = Object.entries(metrics).map(([metric, value]) => `${metric} ${rounded(value)}`);
  log(`${index === 0 ? 'warm-up' : `round ${index}`}  ${subject.name}: ${shown.join(', ')}`);
  return metrics;
}

/** In the order in which they first come. */
function casesOf(subjects: readonly BenchSubject[]): [string, BenchSubject[]][] {
  const cases = new Map<string, BenchSubject[]>();
  for (const subject of subjects) {
    const name = subject.case ?? '';
    cases.set(name, [...(cases.get(name) ?? []), subject]);
  }
  return [...cases];
}

/** Three figures after the point, more for small numbers: enough to compare, few enough to read. */
export function rounded(value: number): number {
  return Math.abs(value) >= 1 ? Math.round(value * 1000) / 1000 : Number(value.toPrecision(4));
}
