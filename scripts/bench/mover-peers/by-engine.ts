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
  return {
    subjects: plans.flatMap((plan) => plan.subjects),
    ratios: plans.flatMap((plan) => plan.ratios),
  };
}
