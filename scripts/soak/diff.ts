import type { TrialResult } from './diff/run-trial.ts';
import type { Soak, SoakContext, SoakOutcome } from './soak.ts';

const targets = { precision: 0.99, recall: 0.95 } as const;

/** Faults of twelve kinds among noise, found by banyan's test and by Diffy's rule. */
export const soak: Soak = {
  name: 'diff',
  summary: 'twelve kinds of faults at 0.1–5 % among noisy answers, beside Diffy’s rule; about a minute',
  async run({ quick, seed, log, signal }: SoakContext): Promise<SoakOutcome> {
    const { injectedFaults: faults } = await import('./diff/injected-faults.ts');
    const { randomBy } = await import('../runs/random-by.ts');
    const { runTrial, scoreOf } = await import('./diff/run-trial.ts');
    const trials = quick ? 4 : 40;
    const requests = 10_000;
    const results: TrialResult[] = [];
    for (let trial = 0; trial < trials; trial++) {
      signal.throwIfAborted();
      const random = randomBy(seed + trial);
      const shares = Array.from({ length: 12 }, () => 0.001 * 50 ** random());
      results.push(
        runTrial({
          seed: seed + trial,
          requests,
          looks: 50,
          shareOf: (_fault, index) => shares[index]!,
          repeatShare: 0.1,
        }),
      );
      const last = results.at(-1)!;
      for (const fault of last.banyan.missed)
        log(`${fault.name} at ${(shares[faults.indexOf(fault)]! * 100).toFixed(2)} % was missed`);
      for (const path of last.banyan.wrong) log(`${path} was reported, where there is only noise`);
      // Lets Ctrl-C through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const banyan = scoreOf(results.map((result) => result.banyan));
    const diffy = scoreOf(results.map((result) => result.diffy));
    const everWrong = (rule: 'banyan' | 'diffy') =>
      results.reduce((sum, result) => sum + result[rule].everWrong.length, 0);
    const repeats = results.reduce((sum, result) => sum + result.repeats, 0);
    const rounded = (value: number) => Math.round(value * 10_000) / 10_000;
    const facts = {
      trials,
      requestsEach: requests,
      precision: rounded(banyan.precision),
      recall: rounded(banyan.recall),
      diffyPrecision: rounded(diffy.precision),
      diffyRecall: rounded(diffy.recall),
      wrongAtAnyOf50Looks: everWrong('banyan'),
      diffyWrongAtAnyOf50Looks: everWrong('diffy'),
      secondRequestsShare: rounded(repeats / (trials * requests)),
      diffySecondRequestsShare: 1,
    };
    const failures: string[] = [];
    for (const [name, target] of Object.entries(targets) as ['precision' | 'recall', number][])
      if (banyan[name] < target) failures.push(`the ${name} is ${rounded(banyan[name])}, below ${target}`);
    return { facts, failures };
  },
};
