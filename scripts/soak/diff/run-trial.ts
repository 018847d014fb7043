import { defaultJudgeSettings, judgeDifferences } from '../../../control/diff/judge-differences.ts';
import { compareAnswers, defaultCompareSettings } from '../../../router/shadow/compare/index.ts';
import { TallyKeeper } from '../../../router/shadow/tally/index.ts';
import { randomBy } from '../../runs/random-by.ts';
import { diffyReports, type FieldCounts } from './diffy-rule.ts';
import { type InjectedFault, injectedFaults } from './injected-faults.ts';
import { noisyProduct, toAnswer } from './noisy-answers.ts';

export interface TrialOptions {
  readonly seed: number;
  readonly requests: number;
  /** Share of requests that each fault strikes, 0–1. */
  readonly shareOf: (fault: InjectedFault, index: number) => number;
  /** How often somebody looks: the last time at the end. */
  readonly looks: number;
  /** Of requests that go to legacy a second time whatever the answers are. */
  readonly repeatShare: number;
}

export interface Findings {
  /** Faults found, of those injected. */
  readonly found: readonly InjectedFault[];
  readonly missed: readonly InjectedFault[];
  /** Places reported at which nothing was injected. */
  readonly wrong: readonly string[];
  /** Those that were reported at any of the looks on the way. */
  readonly everWrong: readonly string[];
}

export interface TrialResult {
  readonly banyan: Findings;
  readonly diffy: Findings;
  /** Second requests to legacy: of banyan; Diffy makes one for each. */
  readonly repeats: number;
}

const route = 'GET /api/products/:id';

/** One run of noisy answers with faults among them, judged by banyan's test and by Diffy's rule on the same answers. */
export function runTrial({ seed, requests, shareOf, repeatShare, looks }: TrialOptions): TrialResult {
  const random = randomBy(seed);
  const keeper = new TallyKeeper(60_000);
  const fields = new Map<string, FieldCounts>();
  const [banyan, diffy] = [new Looks(), new Looks()];
  let repeats = 0;
  for (let n = 1; n <= requests; n++) {
    const struck = noisyProduct(n, random);
    injectedFaults.forEach((fault, index) => {
      if (random() < shareOf(fault, index)) fault.apply(struck);
    });
    const legacy = toAnswer(noisyProduct(n, random));
    const differences = compareAnswers(legacy, toAnswer(struck), defaultCompareSettings);
    const again = compareAnswers(legacy, toAnswer(noisyProduct(n, random)), defaultCompareSettings);
    for (const path of new Set(differences.map((one) => one.path))) fieldOf(fields, path).raw += 1;
    for (const path of new Set(again.map((one) => one.path))) fieldOf(fields, path).noise += 1;
    const sampled = random() < repeatShare;
    const doubted = !sampled && differences.length > 0 && keeper.isDoubtful(route, differences);
    if (sampled || doubted) repeats += 1;
    keeper.record({
      route,
      requestId: String(n),
      request: `GET /api/products/${n}`,
      differences,
      repeat:
        sampled || doubted ? { why: sampled ? 'sampled' : 'doubted', legacy: again, settled: null } : null,
    });
    if (n % Math.ceil(requests / looks) !== 0 && n !== requests) continue;
    banyan.look(reportedBy(keeper));
    diffy.look([...fields].filter(([, counts]) => diffyReports(counts, n)).map(([path]) => path));
  }
  return { banyan: banyan.findings(), diffy: diffy.findings(), repeats };
}

function reportedBy(keeper: TallyKeeper): string[] {
  return judgeDifferences(keeper.tally(), defaultJudgeSettings)
    .flatMap(({ paths }) => paths)
    .filter(({ verdict }) => verdict === 'different')
    .map(({ path }) => path);
}

function fieldOf(fields: Map<string, FieldCounts>, path: string): FieldCounts {
  let counts = fields.get(path);
  if (counts === undefined) {
    counts = { raw: 0, noise: 0 };
    fields.set(path, counts);
  }
  return counts;
}

/** What one rule shows at each look. */
class Looks {
  readonly #everWrong = new Set<string>();
  #last: ReadonlySet<string> = new Set();

  look(paths: readonly string[]): void {
    this.#last = new Set(paths);
    for (const path of this.#wrong()) this.#everWrong.add(path);
  }

  findings(): Findings {
    return {
      found: injectedFaults.filter(({ path }) => this.#last.has(path)),
      missed: injectedFaults.filter(({ path }) => !this.#last.has(path)),
      wrong: this.#wrong(),
      everWrong: [...this.#everWrong],
    };
  }

  #wrong(): string[] {
    return [...this.#last].filter((path) => !injectedFaults.some((fault) => fault.path === path));
  }
}

/** Of what was reported, the share that was injected; of what was injected, the share that was reported. */
export function scoreOf(all: readonly Findings[]): { precision: number; recall: number } {
  const found = all.reduce((sum, one) => sum + one.found.length, 0);
  const wrong = all.reduce((sum, one) => sum + one.wrong.length, 0);
  const missed = all.reduce((sum, one) => sum + one.missed.length, 0);
  return { precision: found === 0 ? 1 : found / (found + wrong), recall: found / (found + missed) };
}
