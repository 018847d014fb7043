import type { MoveSpec } from '../move-spec.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';

/**
 * What both servers compute, each by itself: engines of two kinds may do it differently (`a / 7`, TIME(6) into TIME, JSON
 * functions). Null where there is nothing to compare, or the user has said that it need not be.
 */
export function computedPlan(
  plan: TablePlan,
  spec: MoveSpec,
  source: Session,
  target: Session,
): TablePlan | null {
  const { generated } = plan;
  if (generated.length === 0 || source.engine === target.engine) return null;
  if (spec.generated === 'accept') return null;
  return {
    ...plan,
    name: `${plan.name} (generated: ${generated.map((pair) => pair.target.name).join(', ')})`,
    source: plan.source.withColumns(generated.map((pair) => pair.source)),
    target: plan.target.withColumns(generated.map((pair) => pair.target)),
  };
}
