import { BanyanError, type Fault } from '../../common/errors.ts';
import { FeedTable } from '../feed/feed-table.ts';
import type { MoveSpec, TableSpec } from '../move-spec.ts';
import { makeTablePlan } from '../plan/make-table-plan.ts';
import type { TableShape } from '../shape/table-shape.ts';

/** What keeps a table's rows from being told by the change feed. Pure. */
export function feedKeyFaults(
  { feed }: Pick<MoveSpec, 'feed'>,
  table: TableSpec,
  here: TableShape,
  there: TableShape,
): Fault[] {
  if (feed === undefined) return [];
  try {
    const plan = makeTablePlan(table, here, there);
    new FeedTable(plan[feed.service], feed.service === 'source' ? here : there);
    return [];
  } catch (error) {
    // Tables that do not fit each other are told of as such.
    if (!(error instanceof BanyanError) || error.code !== 'BANYAN_FEED_KEY') return [];
    return [{ code: error.code, what: error.message, fix: error.fix }];
  }
}
