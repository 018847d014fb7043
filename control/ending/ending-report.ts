import { BanyanError, type Fault } from '../../common/errors.ts';
import type { EndingPlan, EndingStep } from '../../mover/index.ts';
import type { Side } from '../../router/table/route-table.ts';

/** One statement, as people are told of it. */
export interface EndingStatement {
  /** The side on whose server it runs. */
  readonly at: Side;
  readonly sql: string;
  readonly about: string;
}

/** What ends a feature's moves: done, or to be done. */
export interface EndingReport {
  readonly feature: string;
  /** The feature's stage, after it was done. */
  readonly stage: string;
  readonly dryRun: boolean;
  /** In their order. */
  readonly statements: readonly EndingStatement[];
  /** What stands in the way; only in a dry run, since else nothing is begun. */
  readonly faults: readonly Fault[];
  /** What will be otherwise for the application. */
  readonly notes: readonly Fault[];
  /** What stays in the databases, and goes with `abandon --clean`. */
  readonly left: readonly EndingStatement[];
}

export const nothingToEnd: EndingPlan = { steps: [], faults: [], notes: [] };

export function statements(steps: readonly EndingStep[]): EndingStatement[] {
  return steps.map(({ side, sql, about }) => ({ at: side === 'source' ? 'legacy' : 'service', sql, about }));
}

/** Throws `BANYAN_ENDING_REFUSED` with all faults. */
export function assertNoFaults(what: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const list = faults.map((fault) => `  - ${fault.what}\n    ${fault.fix}`).join('\n');
  throw new BanyanError('BANYAN_ENDING_REFUSED', `${what}:\n${list}`, {
    fix: 'Put every one of them right, then run the command again; nothing was changed.',
    faults,
  });
}
