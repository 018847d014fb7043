import { BanyanError } from '../../../common/errors.ts';
import { type Engine, engines } from '../../servers/engine.ts';
import type { BenchContext, BenchPlan } from '../bench.ts';

/** What `--cases` may name in a bench that is measured on each engine. */
export const engineCases = engines.join(', ');

/** The plans of the engines that `--cases` names, all of them unless given; set up one after the other. */
export async function planByEngine(
  context: BenchContext,
  planOf: (context: BenchContext, engine: Engine) => Promise<BenchPlan>,
): Promise<BenchPlan> {
  const chosen = engines.filter((engine) => context.cases?.includes(engine) ?? true);
  const plans: BenchPlan[] = [];
  for (const engine of chosen) plans.push(await planOf(context, engine));
  return joined(plans);
}

export interface KindsOfCases<Kind extends string> {
  readonly kinds: readonly Kind[];
  readonly usual: readonly string[];
  readonly cases: string;
  readonly engineAlone?: Kind;
}

/**
 * The plans of cases `ENGINE/KIND`, those that `--cases` names or else the usual ones; set up one after the other. `cases`: what a
 * bench says of them; `engineAlone`: of which kind an engine without one is, where it may be.
 *
 * @throws BanyanError BANYAN_BENCH_UNKNOWN
 */
export async function planByKind<Kind extends string>(
  context: BenchContext,
  { kinds, usual, cases, engineAlone }: KindsOfCases<Kind>,
  planOf: (context: BenchContext, engine: Engine, kind: Kind, name: string) => Promise<BenchPlan>,
): Promise<BenchPlan> {
  const chosen = (context.cases ?? usual).map((name) => {
    const [engine, kind = engineAlone] = name.split('/') as [Engine, Kind?];
    if (engines.includes(engine) && kind !== undefined && kinds.includes(kind)) return { engine, kind, name };
    throw new BanyanError('BANYAN_BENCH_UNKNOWN', `"${name}" is no case of this bench.`, {
      fix: `Give ${cases}.`,
    });
  });
  const plans: BenchPlan[] = [];
  for (const { engine, kind, name } of chosen) plans.push(await planOf(context, engine, kind, name));
  return joined(plans);
}

function joined(plans: readonly BenchPlan[]): BenchPlan {
  return {
    subjects: plans.flatMap((plan) => plan.subjects),
    ratios: plans.flatMap((plan) => plan.ratios),
  };
}
