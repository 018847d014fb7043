import type { LastApplied } from './apply/last-applied.ts';
import type { SetAside } from './apply/set-aside.ts';
import type { ChangeLog } from './capture/change-log.ts';
import type { RangesInFlight } from './copy/ranges-in-flight.ts';
import type { TablePlan } from './plan/table-plan.ts';

/** One captured table of the source, and everything that it is carried over to. */
export interface MovePart {
  /** Of one source table, and so of one key; at least one. */
  readonly plans: readonly TablePlan[];
  readonly log: ChangeLog;
  readonly ranges: RangesInFlight;
  readonly last: LastApplied;
  readonly aside: SetAside;
}
