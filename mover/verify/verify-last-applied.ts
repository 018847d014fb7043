import type { TableVerification, VerifyReport } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { Session } from '../sql/session.ts';
import { equalAtOnce } from './equal-at-once.ts';
import { settle } from './settle.ts';
import { totalOf } from './verify-tables.ts';

export interface VerifyLastAppliedOptions {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
}

/**
 * Compares the rows that were applied last, only. For the moment under the fence, when the logs are empty: nothing is dirty
 * then.
 */
export async function verifyLastApplied(options: VerifyLastAppliedOptions): Promise<VerifyReport> {
  const { context, parts, source, target, signal } = options;
  const verified: TableVerification[] = [];
  const rows = parts.flatMap(({ plans, last }) => plans.map((plan) => ({ plan, keys: last.keys() })));
  const equal = await equalAtOnce(rows, source, target, signal);
  for (const { plans, log, last } of parts) {
    const keys = last.keys();
    for (const plan of plans) {
      if (equal.has(plan)) {
        verified.push({
          table: plan.name,
          rowsCompared: keys.length,
          ...{ different: 0, unsettled: 0, samples: [] },
        });
        continue;
      }
      const settled = await settle(keys, {
        plan,
        log,
        source,
        target,
        // A row that is equal is done at the first look; one that is not gets the few that make it a fault.
        patienceMs: 300,
        samples: context.tuning.verifySamples,
        signal,
      });
      verified.push({ table: plan.name, rowsCompared: keys.length, ...settled });
    }
  }
  return totalOf(verified);
}
